import { type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import {
  addDecimals,
  compareDecimals,
  type Decimal,
  divideDecimal,
  formatDecimal,
  parseDecimal,
} from "./decimal.ts";

export interface Figure {
  readonly function: "count" | "sum" | "avg" | "min" | "max";
  /** Of `count` it may be left out: rows are counted. */
  readonly field?: string | undefined;
  /** Its name in the results; `sum_amount` where left out. */
  readonly as?: string | undefined;
}

export interface AggregateOptions {
  /** Fields whose values make the groups; one group of all where left out. */
  readonly by?: readonly string[] | undefined;
  readonly figures: readonly Figure[];
}

/** Digits after the point that an average has at least, where it needs them. */
const AVERAGE_SCALE = 6;

/**
 * Figures of groups, in the order in which the groups first come. Null is no value, as in SQL: it is not
 * counted, and a figure of no values is null. Sums and averages are exact decimals as texts; a half of an
 * average's last digit goes away from zero. Throws `invalid_input` where a value is no number.
 */
export function aggregate(
  rows: readonly JsonObject[],
  { by = [], figures }: AggregateOptions,
): JsonObject[] {
  const groups = new Map<string, JsonObject[]>();
  if (by.length === 0) groups.set("[]", []);
  for (const row of rows) {
    const key = JSON.stringify(by.map((field) => row[field] ?? null));
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  checkNames(by, figures);
  return [...groups].map(([key, members]) => {
    const values = JSON.parse(key) as JsonValue[];
    return Object.fromEntries([
      ...by.map((field, at) => [field, values[at] ?? null]),
      ...figures.map((figure) => [nameOf(figure), compute(figure, members)]),
    ]) as JsonObject;
  });
}

function compute({ function: word, field }: Figure, rows: readonly JsonObject[]): JsonValue {
  if (field === undefined) return rows.length;
  const values = rows.map((row) => row[field] ?? null).filter((value) => value !== null);
  if (word === "count") return values.length;
  if (values.length === 0) return null;
  if (word === "min" || word === "max") return extreme(values, word === "min" ? -1 : 1);
  const decimals = values.map((value) => toDecimal(value, field));
  const sum = decimals.reduce(addDecimals);
  if (word === "sum") return formatDecimal(sum);
  const scale = Math.max(sum.scale, AVERAGE_SCALE);
  return formatDecimal(divideDecimal(sum, BigInt(values.length), scale), sum.scale);
}

/** Numbers by their size where all are numbers; else texts, as days and times are in order too. */
function extreme(values: readonly JsonValue[], sign: -1 | 1): JsonValue {
  const decimals = values.map(parseDecimal);
  const areNumbers = decimals.every((decimal) => decimal !== undefined);
  const compare = (a: number, b: number) =>
    areNumbers
      ? compareDecimals(decimals[a] as Decimal, decimals[b] as Decimal)
      : compareTexts(String(values[a]), String(values[b]));
  const best = values.reduce(
    (found: number, _, at) => (compare(at, found) * sign > 0 ? at : found),
    0,
  );
  return values[best] ?? null;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toDecimal(value: JsonValue, field: string): Decimal {
  const decimal = parseDecimal(value);
  if (decimal) return decimal;
  const shown = JSON.stringify(value).slice(0, 60).toWellFormed();
  throw new TrestleError("invalid_input", `${field}: ${shown} is no number.`);
}

function nameOf({ function: word, field, as }: Figure): string {
  return as ?? (field === undefined ? word : `${word}_${field}`);
}

function checkNames(by: readonly string[], figures: readonly Figure[]): void {
  if (figures.length === 0) throw new TrestleError("invalid_input", "figures: there is none.");
  const bare = figures.find(({ function: word, field }) => field === undefined && word !== "count");
  if (bare) throw new TrestleError("invalid_input", `figures: ${bare.function} needs a field.`);
  const names = [...by, ...figures.map(nameOf)];
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new TrestleError("invalid_input", `figures: two results are called "${twice}".`);
}
