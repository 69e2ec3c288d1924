import type { JsonValue } from "@trestle/protocol";
import { encodeValue, show } from "./encode.ts";
import { type ColumnShape, invalid } from "./shape.ts";
import type { Piece, Writer } from "./writer.ts";

/** Something that conditions are about: a column, or a figure made of many. */
export interface Operand {
  readonly expression: Piece;
  readonly column: ColumnShape;
}

/** A condition as SQL; or one that holds always or never, whatever the row. */
export type Condition = Piece | "always" | "never";

interface Comparison extends Operand {
  readonly writer: Writer;
  readonly value: JsonValue;
  readonly field: string;
}

type Operator = (comparison: Comparison) => Condition;

/** The words of conditions. `value` may be null for `eq`, `ne` and inside json only. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  eq: (it) => (it.value === null ? isNull(it, true) : compare(it, "=")),
  ne: (it) => (it.value === null ? isNull(it, false) : compare(it, "<>")),
  gt: (it) => compare(it, ">"),
  gte: (it) => compare(it, ">="),
  lt: (it) => compare(it, "<"),
  lte: (it) => compare(it, "<="),
  in: (it) => isOneOf(it, "in"),
  nin: (it) => isOneOf(it, "not in"),
  between,
  like: (it) => matchText(it, "like", textOf(it)),
  notLike: (it) => matchText(it, "not like", textOf(it)),
  ilike: (it) => matchText(it, "ilike", textOf(it)),
  startsWith: (it) => matchText(it, "like", `${escapeLike(textOf(it))}%`),
  endsWith: (it) => matchText(it, "like", `%${escapeLike(textOf(it))}`),
  matches: (it) => matchText(it, "~", textOf(it)),
  imatches: (it) => matchText(it, "~*", textOf(it)),
  contains,
  containedBy: (it) => relate(it, "<@"),
  overlaps: (it) => relate(it, "&&"),
  hasKey,
  isNull(it) {
    if (typeof it.value !== "boolean") throw invalid(it.field, "must be true or false.");
    return isNull(it, it.value);
  },
};

const SIGNS = [
  ..."= <> < <= > >= ~ ~* @> <@ && ? in and between like ilike".split(" "),
  "not in",
  "not like",
] as const;

/** The signs are ours, none of a caller. */
function sign({ sql }: Writer, text: (typeof SIGNS)[number]): Piece {
  return sql.raw(text);
}

function bind({ writer, column, field }: Comparison, value: JsonValue, at = field): Piece {
  if (value === null) throw invalid(at, "null can not be compared: use isNull.");
  if (column.base === "json")
    throw invalid(
      at,
      `${column.type} can not be compared: only jsonb can, and texts (like, matches).`,
    );
  // What a column is too short or too narrow for may be compared with it all the same.
  return writer.value(encodeValue(value, { ...column, modifier: -1 }, at), at);
}

function compare(it: Comparison, operator: string): Piece {
  const { writer, expression } = it;
  return writer.parts(expression, sign(writer, operator), bind(it, it.value));
}

function isNull({ writer: { sql }, expression }: Comparison, yes: boolean): Piece {
  return yes ? sql`${expression} is null` : sql`${expression} is not null`;
}

const MAX_VALUES = 10_000;

function isOneOf(it: Comparison, operator: "in" | "not in"): Condition {
  const { writer, value, field, expression } = it;
  if (!Array.isArray(value)) throw invalid(field, `needs a list of values, not ${show(value)}.`);
  if (value.length > MAX_VALUES)
    throw invalid(field, `has ${value.length} values; at most ${MAX_VALUES} can be compared.`);
  if (value.length === 0) return operator === "in" ? "never" : "always";
  const values = writer.list(value.map((each, index) => bind(it, each, `${field}[${index}]`)));
  return writer.sql`${expression} ${sign(writer, operator)} (${values})`;
}

function between(it: Comparison): Piece {
  const { writer, value, field, expression } = it;
  if (!Array.isArray(value) || value.length !== 2)
    throw invalid(field, "needs a list of two values: the least and the greatest.");
  const [least = null, greatest = null] = value;
  return writer.sql`${expression} between ${bind(it, least, `${field}[0]`)} and ${bind(it, greatest, `${field}[1]`)}`;
}

function textOf({ value, field }: Comparison): string {
  if (typeof value === "string" && !value.includes("\0") && value.isWellFormed()) return value;
  throw invalid(field, `needs a text, not ${show(value)}.`);
}

/** Whatever is no text is looked at as Postgres writes it. */
function matchText(it: Comparison, operator: string, pattern: string): Piece {
  const { writer, expression, column, field } = it;
  const isText = column.category === "S" && !column.isArray;
  const text = isText ? expression : writer.sql`${expression}::text`;
  return writer.parts(text, sign(writer, operator), writer.value(pattern, field));
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, "\\$&");
}

const isJson = ({ column }: Comparison) => column.base === "jsonb" && !column.isArray;
const isRange = ({ column }: Comparison) => column.category === "R" && !column.isArray;

/** In a text: a part of it. In a list: all of these elements, or this one. In json: at least this. */
function contains(it: Comparison): Piece {
  const { column, value, field } = it;
  if (column.isArray) return relate({ ...it, value: Array.isArray(value) ? value : [value] }, "@>");
  if (isJson(it) || isRange(it)) return relate(it, "@>");
  if (column.category === "S") return matchText(it, "like", `%${escapeLike(textOf(it))}%`);
  throw invalid(
    field,
    `contains is for texts, arrays, ranges and jsonb; the column is ${column.type}.`,
  );
}

function relate(it: Comparison, operator: string): Piece {
  const { column, field } = it;
  const fits = column.isArray || isRange(it) || (isJson(it) && operator !== "&&");
  if (fits) return compare(it, operator);
  const types = operator === "&&" ? "arrays and ranges" : "arrays, ranges and jsonb";
  throw invalid(field, `this operator is for ${types}; the column is ${column.type}.`);
}

function hasKey(it: Comparison): Piece {
  const { writer, expression, column, field } = it;
  if (!isJson(it)) throw invalid(field, `hasKey is for jsonb; the column is ${column.type}.`);
  return writer.parts(expression, sign(writer, "?"), writer.value(textOf(it), field));
}
