import type { ColumnUse, SortUse } from "./uses.ts";

/** A table that an index may be made for, with what is known of it. */
export interface Target {
  readonly alias: string;
  readonly schema: string;
  /** The partitioned table, where a plan reads its partitions. */
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  /** Different values of each column, as far as ANALYZE knows. */
  readonly distinct: Readonly<Record<string, number>>;
  /** The keys of each of its indexes, as `pg_get_indexdef` prints them. */
  readonly indexes: readonly (readonly string[])[];
  /** Is it ours, so that an index may be made for a try? */
  readonly owned: boolean;
  readonly partitioned: boolean;
}

export interface Candidate {
  readonly target: Target;
  /** As SQL takes them: `"day" DESC`. */
  readonly keys: readonly string[];
  readonly columns: readonly string[];
  readonly method: "btree" | "gin";
  readonly reason: string;
}

const MAX_KEYS = 3;
const MAX_CANDIDATES = 12;

/**
 * The indexes that could serve a table: what is compared for equality first, the most telling column in front,
 * then one range or the order that is asked for. What an index there is begins with already is left out.
 */
export function toCandidates(
  target: Target,
  uses: readonly ColumnUse[],
  sorts: readonly SortUse[],
  hasTrigrams: boolean,
): Candidate[] {
  const own = uses.filter(({ alias }) => alias === target.alias);
  const of = (...kinds: ColumnUse["kind"][]) =>
    unique(own.filter(({ kind }) => kinds.includes(kind)));
  const equal = byDistinct(of("equal"), target).slice(0, MAX_KEYS);
  const ranges = of("range");
  const made: Candidate[] = [];
  const make = (reason: string, keys: readonly Part[]) => {
    if (keys.length > 0)
      made.push(toCandidate(target, "btree", reason, keys.slice(0, MAX_KEYS + 1)));
  };
  for (const range of ranges) make("equality, then a range", [...equal, range]);
  for (const { keys } of sorts.filter(({ alias }) => alias === target.alias))
    make("equality, then the order", [...equal, ...keys.map(withDirection)]);
  if (equal.length > 0) make("equality", equal);
  for (const one of equal.slice(0, equal.length > 1 ? 2 : 0)) make("equality", [one]);
  for (const join of of("join")) {
    make("a join", [join]);
    if (equal.length > 0) make("equality and a join", [...equal, join]);
  }
  for (const range of equal.length > 0 ? ranges : []) make("a range", [range]);
  for (const pattern of of("pattern"))
    make("the beginning of a text", [{ ...pattern, key: `${pattern.key} text_pattern_ops` }]);
  for (const use of of("gin"))
    made.push(toCandidate(target, "gin", "what a value contains", [use]));
  if (hasTrigrams)
    for (const use of of("text"))
      made.push(
        toCandidate(target, "gin", "a part of a text", [
          { ...use, key: `${use.key} gin_trgm_ops` },
        ]),
      );
  return withoutKnown(made).slice(0, MAX_CANDIDATES);
}

export function toStatement({ target, keys, method }: Candidate, concurrently: boolean): string {
  const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;
  const how = concurrently && !target.partitioned ? "CONCURRENTLY " : "";
  const using = method === "btree" ? "" : `USING ${method} `;
  return `CREATE INDEX ${how}ON ${quote(target.schema)}.${quote(target.table)} ${using}(${keys.join(", ")})`;
}

/** Names that need no quotes are shown without. */
export function shownStatement(candidate: Candidate): string {
  return toStatement(candidate, true).replaceAll(/"([a-z_][a-z0-9_]*)"/g, "$1");
}

interface Part {
  readonly key: string;
  readonly column: string;
}

function withDirection({ key, column, descending }: SortUse["keys"][number]): Part {
  return { key: descending ? `${key} DESC` : key, column };
}

function unique(uses: readonly ColumnUse[]): Part[] {
  return [...new Map(uses.map(({ key, column }) => [key, { key, column }])).values()];
}

/** The more different values a column has, the fewer rows are left after it. */
function byDistinct(parts: readonly Part[], { distinct, rows }: Target): Part[] {
  const count = ({ column }: Part) => {
    const known = distinct[column] ?? 0;
    return known < 0 ? -known * rows : known;
  };
  return parts.toSorted((a, b) => count(b) - count(a));
}

function toCandidate(
  target: Target,
  method: Candidate["method"],
  reason: string,
  parts: readonly Part[],
): Candidate {
  const keys = [
    ...new Map(parts.map((part) => [part.key.replace(/ DESC$/, ""), part.key])).values(),
  ];
  return { target, method, reason, keys, columns: parts.map(({ column }) => column) };
}

function withoutKnown(made: readonly Candidate[]): Candidate[] {
  const seen = new Set<string>();
  return made.filter(({ target, keys, method, reason }) => {
    const plain = keys.map(plainKey);
    const text = `${method} ${plain.join(", ")}`;
    const known =
      method === "btree" &&
      target.indexes.some((index) => {
        const first = index.slice(0, plain.length).map(plainKey);
        // In which order equal columns stand makes no difference.
        return reason === "equality"
          ? plain.every((key) => first.includes(key))
          : plain.every((key, at) => first[at] === key);
      });
    if (known || seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

/** As it is compared: without quotes, casts and directions. */
const plainKey = (key: string) =>
  key
    .replaceAll('"', "")
    .replace(/ DESC$/, "")
    .replace(/::\w+/, "")
    .replaceAll(/[()]/g, " ")
    .trim();
