import type { JsonObject, JsonValue } from "@trestle/protocol";
import type { SeededRandom } from "@trestle/testkit/surroundings";
import { hostileText } from "./_hostile.ts";
import { FIGURES, PERIODS } from "./aggregate.ts";
import type { ColumnShape, TableShape } from "./shape.ts";

/** SQL's name of each type that the cases use, and how the catalog describes it. */
export const TYPES: Readonly<Record<string, Partial<ColumnShape>>> = {
  integer: { base: "int4", category: "N" },
  bigint: { base: "int8", category: "N" },
  "numeric(12,2)": { base: "numeric", category: "N", modifier: 786438 },
  "double precision": { base: "float8", category: "N" },
  text: { base: "text", category: "S" },
  "character varying(40)": { base: "varchar", category: "S", modifier: 44 },
  boolean: { base: "bool", category: "B" },
  date: { base: "date", category: "D" },
  "timestamp with time zone": { base: "timestamptz", category: "D" },
  uuid: { base: "uuid", category: "U" },
  jsonb: { base: "jsonb", category: "U" },
  json: { base: "json", category: "U" },
  bytea: { base: "bytea", category: "U" },
  "text[]": { base: "text", category: "S", isArray: true },
  "integer[]": { base: "int4", category: "N", isArray: true },
  daterange: { base: "daterange", category: "R" },
};

/** The columns of every case's table; the first is its key. Their names stand for others. */
export const COLUMNS = ["integer", ...Object.keys(TYPES), "text", "integer"].map((type, at) => ({
  token: `zq${at}zq`,
  type,
}));
export const TABLE_TOKEN = "zqtablezq";
export const SCHEMA_TOKEN = "zqschemazq";
const ALIASES = ["zqaliaszq", "zqbliaszq", "zqcliaszq"];
export const TOKENS = [
  ...COLUMNS.map(({ token }) => token),
  TABLE_TOKEN,
  SCHEMA_TOKEN,
  ...ALIASES,
] as const;

export function shapeOf(name: (token: string) => string): TableShape {
  const key = [name(COLUMNS[0]?.token ?? "")];
  return {
    schema: name(SCHEMA_TOKEN),
    name: name(TABLE_TOKEN),
    columns: COLUMNS.map(({ token, type }, at) => ({
      name: name(token),
      type,
      nullable: at !== 0,
      generated: false,
      modifier: -1,
      isArray: false,
      base: "",
      category: "",
      ...TYPES[type],
    })),
    primaryKey: key,
    uniqueKeys: [key],
  };
}

export const TOOLS = ["select", "aggregate", "insert", "upsert", "update", "delete"] as const;
export interface Case {
  readonly tool: (typeof TOOLS)[number];
  readonly args: JsonObject;
}

/** The arguments of a call, with tokens for names and anything at all for values. */
export function makeCase(random: SeededRandom): Case {
  const tool = random.pick(TOOLS);
  const args = { table: TABLE_TOKEN, schema: SCHEMA_TOKEN, ...makers[tool](random) };
  return { tool, args: withoutUndefined(args) };
}

const makers: Record<Case["tool"], (random: SeededRandom) => Record<string, unknown>> = {
  select: (random) => ({
    columns: maybe(random, () => some(random, columnToken)),
    where: maybe(random, () => makeWhere(random)),
    orderBy: maybe(random, () => some(random, (it) => makeOrder(it, columnToken(it)))),
    limit: 1 + random.below(50),
    offset: maybe(random, () => random.below(50)),
  }),
  aggregate: (random) => ({
    aggregates: ALIASES.slice(0, 1 + random.below(2)).map((as) => ({
      function: random.pick(FIGURES),
      column: columnToken(random),
      ...(random.below(4) === 0 ? { distinct: true } : {}),
      as,
    })),
    groupBy: maybe(random, () => [makeGroup(random)]),
    where: maybe(random, () => makeWhere(random)),
    having: maybe(random, () => ({ zqaliaszq: { gt: random.below(9) } })),
    orderBy: maybe(random, () => [makeOrder(random, "zqaliaszq")]),
    limit: 1 + random.below(50),
  }),
  insert: (random) => ({
    rows: some(random, () => makeRow(random)),
    returning: maybe(random, () => some(random, columnToken)),
  }),
  upsert: (random) => {
    const columns = [COLUMNS[0], ...some(random, (it) => it.pick(COLUMNS))];
    const rows = some(random, () =>
      Object.fromEntries(columns.map((column) => cell(random, column as (typeof COLUMNS)[0]))),
    );
    return { rows, returning: maybe(random, () => some(random, columnToken)) };
  },
  update: (random) => ({
    set: makeRow(random),
    where: makeWhere(random),
    returning: maybe(random, () => some(random, columnToken)),
  }),
  delete: (random) => ({
    where: makeWhere(random),
    returning: maybe(random, () => some(random, columnToken)),
  }),
};

function makeGroup(random: SeededRandom) {
  const dates = COLUMNS.filter(({ type }) => type === "date" || type.startsWith("timestamp"));
  return random.below(2) === 0
    ? { column: columnToken(random), as: "zqcliaszq" }
    : { column: random.pick(dates).token, by: random.pick(PERIODS), as: "zqcliaszq" };
}

function makeOrder(random: SeededRandom, column: string): unknown {
  if (random.below(2) === 0) return column;
  return withoutUndefined({
    column,
    direction: maybe(random, () => random.pick(["asc", "desc"])),
    nulls: maybe(random, () => random.pick(["first", "last"])),
  });
}

function makeRow(random: SeededRandom): JsonObject {
  return Object.fromEntries(some(random, (it) => cell(it, it.pick(COLUMNS))));
}

function cell(random: SeededRandom, { token, type }: (typeof COLUMNS)[number]) {
  return [token, makeValue(random, type)] as [string, JsonValue];
}

function makeWhere(random: SeededRandom, depth = 0): JsonObject {
  const way = depth < 3 ? random.below(8) : 7;
  if (way === 0) return { and: some(random, () => makeWhere(random, depth + 1)) };
  if (way === 1) return { or: some(random, () => makeWhere(random, depth + 1)) };
  if (way === 2) return { not: makeWhere(random, depth + 1) };
  return Object.fromEntries(
    some(random, () => {
      const { token, type } = random.pick(COLUMNS);
      return [token, makeCondition(random, type)];
    }),
  );
}

const COMPARED = ["eq", "ne", "gt", "gte", "lt", "lte"] as const;
const TEXTUAL = "like notLike ilike startsWith endsWith matches imatches".split(" ");

function makeCondition(random: SeededRandom, type: string): JsonValue {
  const value = () => makeValue(random, type);
  const way = random.below(7);
  if (way === 0) return isPlain(type) ? value() : { eq: value() };
  if (way === 1) return { [random.pick(TEXTUAL)]: hostileText(random) };
  if (way === 2) return { [random.pick(["in", "nin"])]: [value(), value()] };
  if (way === 3) return { between: [value(), value()] };
  if (way === 4) return { isNull: random.below(2) === 0 };
  if (way === 5) return containment(random, type, value());
  return { [random.pick(COMPARED)]: value() };
}

function containment(random: SeededRandom, type: string, value: JsonValue): JsonValue {
  if (type.endsWith("[]")) return { [random.pick(["contains", "overlaps", "containedBy"])]: value };
  if (type === "jsonb")
    return random.below(2) === 0 ? { contains: value } : { hasKey: hostileText(random) };
  return type === "text" ? { contains: hostileText(random) } : { ne: value };
}

const isPlain = (type: string) => type !== "jsonb" && type !== "json" && !type.endsWith("[]");

/** Mostly one of the type's values, sometimes any text. */
export function makeValue(random: SeededRandom, type: string): JsonValue {
  if (random.below(25) === 0) return hostileText(random);
  switch (type) {
    case "integer":
      return random.below(1_000);
    case "bigint":
      return random.pick([7, "9223372036854775807", "-5"]);
    case "numeric(12,2)":
      return random.pick([1.5, "99.99", -3]);
    case "double precision":
      return random.pick([0.1, "NaN", 1e300]);
    case "boolean":
      return random.below(2) === 0;
    case "date":
      return random.pick(["2026-02-28", "infinity"]);
    case "timestamp with time zone":
      return "2026-05-01T10:00:00Z";
    case "uuid":
      return "6f9619ff-8b86-d011-b42d-00cf4fc964ff";
    case "jsonb":
    case "json":
      return { [hostileText(random)]: [hostileText(random), null, 1] };
    case "bytea":
      return Buffer.from(hostileText(random)).toString("base64");
    case "text[]":
      return [hostileText(random), hostileText(random)];
    case "integer[]":
      return [1, random.below(9)];
    case "daterange":
      return "[2026-01-01,2026-02-01)";
    default:
      return hostileText(random).slice(0, 40).toWellFormed();
  }
}

function columnToken(random: SeededRandom): string {
  return random.pick(COLUMNS).token;
}

function some<Item>(random: SeededRandom, make: (random: SeededRandom) => Item): Item[] {
  return Array.from({ length: 1 + random.below(3) }, () => make(random));
}

function maybe<Item>(random: SeededRandom, make: () => Item): Item | undefined {
  return random.below(2) === 0 ? make() : undefined;
}

function withoutUndefined(object: Record<string, unknown>): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as JsonObject;
}
