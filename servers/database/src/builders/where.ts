import { isJsonObject, type JsonObject, type JsonValue, nearestName } from "@trestle/protocol";
import { show } from "./encode.ts";
import { type Condition, OPERATORS, type Operand } from "./operators.ts";
import { findCompared, invalid, type TableShape } from "./shape.ts";
import type { Piece, Writer } from "./writer.ts";

/**
 * Conditions by column: `{ status: "paid", nights: { gte: 2 } }`, all of which must hold; a list as value
 * means one of these. `and` and `or` hold lists of such objects, `not` holds one. A column of one of these
 * three names is written in double quotes: `{ "\"or\"": 1 }`.
 */
export type Where = JsonObject;

/** What a name in a condition stands for. Throws where it stands for nothing; `field` is where it is named. */
export type FindOperand = (name: string, field: string) => Operand;

interface Reading {
  readonly writer: Writer;
  readonly find: FindOperand;
}

/** Deep enough for people, and not so deep that Postgres' stack would end. */
const MAX_DEPTH = 30;

/** Reads a tree of conditions. Throws `invalid_input` that names the place. */
export function readWhere(reading: Reading, where: JsonValue, field: string, depth = 0): Condition {
  if (!isJsonObject(where))
    throw invalid(field, `must be an object of conditions by column, not ${show(where)}.`);
  if (depth > MAX_DEPTH) throw invalid(field, `is nested more than ${MAX_DEPTH} times.`);
  const conditions = Object.entries(where).map(([key, value = null]) => {
    const at = `${field}.${key.length > 80 ? `${key.slice(0, 80)}…` : key}`;
    if (key === "and" || key === "or") return readList(reading, key, value, at, depth);
    if (key === "not") return negate(reading, readWhere(reading, value, at, depth + 1));
    return readColumn(reading, reading.find(unquote(key), at), value, at);
  });
  return joinConditions(reading.writer, "and", conditions);
}

function readList(
  reading: Reading,
  word: "and" | "or",
  value: JsonValue,
  field: string,
  depth: number,
): Condition {
  if (!Array.isArray(value) || value.length === 0)
    throw invalid(field, "must be a list of conditions, with at least one.");
  const conditions = value.map((each, index) =>
    readWhere(reading, each, `${field}[${index}]`, depth + 1),
  );
  return joinConditions(reading.writer, word, conditions);
}

function readColumn(reading: Reading, operand: Operand, value: JsonValue, field: string) {
  if (!isJsonObject(value)) {
    const isList = Array.isArray(value) && !operand.column.isArray;
    return apply(reading, operand, isList ? "in" : "eq", value, field);
  }
  const entries = Object.entries(value);
  if (entries.length === 0) throw invalid(field, `needs an operator: ${words()}.`);
  const conditions = entries.map(([word, each = null]) =>
    apply(reading, operand, word, each, `${field}.${word.slice(0, 80)}`),
  );
  return joinConditions(reading.writer, "and", conditions);
}

function apply(
  { writer }: Reading,
  operand: Operand,
  word: string,
  value: JsonValue,
  field: string,
): Condition {
  const operator = Object.hasOwn(OPERATORS, word) ? OPERATORS[word] : undefined;
  if (operator) return operator({ writer, ...operand, value, field });
  const nearest = word.length > 63 ? undefined : nearestName(word, Object.keys(OPERATORS));
  const hint = nearest ? `Did you mean "${nearest}"? Operators` : "Operators";
  const json = operand.column.base === "jsonb" ? ' A JSON value is compared by { "eq": … }.' : "";
  throw invalid(field, `there is no operator "${word.slice(0, 80)}". ${hint}: ${words()}.${json}`);
}

const words = () => Object.keys(OPERATORS).join(", ");

/** What holds always or never is settled here, so that a caller can tell that nothing was asked for. */
export function joinConditions(
  writer: Writer,
  word: "and" | "or",
  conditions: readonly Condition[],
): Condition {
  const [settling, neutral] =
    word === "and" ? (["never", "always"] as const) : (["always", "never"] as const);
  if (conditions.includes(settling)) return settling;
  const pieces = conditions.filter((each): each is Piece => each !== neutral);
  const [only] = pieces;
  if (!only) return neutral;
  if (pieces.length === 1) return only;
  return writer.sql`(${writer.list(pieces, writer.sql` ${writer.sql.raw(word)} `)})`;
}

function negate({ writer: { sql } }: Reading, condition: Condition): Condition {
  if (condition === "always") return "never";
  if (condition === "never") return "always";
  return sql`not (${condition})`;
}

/** `"or"` in double quotes is a column of that name. */
function unquote(key: string): string {
  return /^"(?:and|or|not)"$/.test(key) ? key.slice(1, -1) : key;
}

/** `where …`, or nothing where there is nothing to ask. */
export function whereClause({ sql }: Writer, condition: Condition): Piece | undefined {
  if (condition === "always") return undefined;
  return condition === "never" ? sql`where false` : sql`where ${condition}`;
}

/** Conditions on a table's own columns. */
export function readTableWhere(writer: Writer, table: TableShape, where: Where | undefined) {
  const find: FindOperand = (name, field) => {
    const column = findCompared(table, name, field);
    return { column, expression: writer.id(column.name) };
  };
  return readWhere({ writer, find }, where ?? {}, "where");
}
