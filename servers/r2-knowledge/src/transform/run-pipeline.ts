import type { Redact } from "../records/redact.ts";
import { createHider } from "./hide.ts";
import { type Row, valueAt, withValue } from "./paths.ts";
import type { Condition, MapFunction, Step } from "./steps.ts";

export interface PipelineParts {
  /** Hides what gives itself away as a secret. */
  readonly redact: Redact;
}

export interface PipelineCounts {
  /** Rows that went in and that came out. */
  read: number;
  written: number;
}

/**
 * Rows through steps, one at a time. Steps that are wrong for a row (a text that is no number) leave
 * its value as it is: what was not understood is never lost.
 */
export async function* runPipeline(
  rows: AsyncIterable<Row>,
  steps: readonly Step[],
  parts: PipelineParts,
  counts: PipelineCounts = { read: 0, written: 0 },
): AsyncGenerator<Row> {
  const work = steps.map((one) => compile(one, parts));
  if (work.some(({ isFull }) => isFull?.())) return;
  for await (const row of rows) {
    counts.read += 1;
    let now: Row | undefined = row;
    for (const { change } of work) {
      now = change(now);
      if (!now) break;
    }
    if (now) {
      counts.written += 1;
      yield now;
    }
    if (work.some(({ isFull }) => isFull?.())) return;
  }
}

interface Work {
  /** Undefined leaves the row out. */
  readonly change: (row: Row) => Row | undefined;
  /** Nothing more can come out. */
  readonly isFull?: () => boolean;
}

function compile(step: Step, parts: PipelineParts): Work {
  if ("filter" in step) return { change: (row) => (meets(row, step.filter) ? row : undefined) };
  if ("drop" in step) return { change: (row) => (meets(row, step.drop) ? undefined : row) };
  if ("pick" in step) return { change: (row) => pick(row, step.pick) };
  if ("omit" in step) {
    return { change: (row) => step.omit.reduce((now, at) => withValue(now, at, undefined), row) };
  }
  if ("rename" in step) return { change: (row) => rename(row, Object.entries(step.rename)) };
  if ("set" in step) {
    const values = Object.entries(step.set);
    return { change: (row) => values.reduce((now, [at, value]) => withValue(now, at, value), row) };
  }
  if ("map" in step) {
    const { field, with: how } = step.map;
    return { change: (row) => mapField(row, field, FUNCTIONS[how]) };
  }
  if ("redact" in step) return { change: createHider(step.redact, parts.redact) };
  return limit(step.limit);
}

function limit(most: number): Work {
  let count = 0;
  return {
    change(row) {
      count += 1;
      return count <= most ? row : undefined;
    },
    isFull: () => count >= most,
  };
}

function pick(row: Row, fields: readonly string[]): Row {
  return fields.reduce<Row>((now, at) => {
    const value = valueAt(row, at);
    return value === undefined ? now : withValue(now, at, value);
  }, {});
}

function rename(row: Row, names: readonly [string, string][]): Row {
  // All are read before the first is written: { a: "b", b: "a" } changes places.
  const values = names.map(([from]) => valueAt(row, from));
  const without = names.reduce<Row>((now, [from]) => withValue(now, from, undefined), row);
  return names.reduce<Row>((now, [, to], index) => {
    const value = values[index];
    return value === undefined ? now : withValue(now, to, value);
  }, without);
}

function mapField(row: Row, field: string, work: (value: unknown) => unknown): Row {
  const value = valueAt(row, field);
  return value === undefined || value === null ? row : withValue(row, field, work(value));
}

const FUNCTIONS: Readonly<Record<MapFunction, (value: unknown) => unknown>> = {
  trim: ofText((text) => text.trim()),
  lower: ofText((text) => text.toLowerCase()),
  upper: ofText((text) => text.toUpperCase()),
  number: ofText((text) => (text.trim() === "" ? text : finite(Number(text), text))),
  text: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
  date: (value) => {
    const time = typeof value === "number" ? value : Date.parse(String(value));
    return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : value;
  },
  json: (value) => JSON.stringify(value),
  parse: ofText((text) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  }),
};

function ofText(work: (text: string) => unknown): (value: unknown) => unknown {
  return (value) => (typeof value === "string" ? work(value) : value);
}

function finite(number: number, otherwise: string): number | string {
  return Number.isFinite(number) ? number : otherwise;
}

function meets(row: Row, conditions: readonly Condition[]): boolean {
  return conditions.every(({ field, is, value }) => {
    const found = valueAt(row, field) ?? undefined;
    if (is === "exists") return found !== undefined;
    if (is === "missing") return found === undefined;
    if (Array.isArray(value)) return value.some((one) => compare(found, one) === 0);
    return COMPARE[is as keyof typeof COMPARE](found, value ?? null);
  });
}

type Scalar = string | number | boolean | null;

const COMPARE = {
  "=": (found: unknown, value: Scalar) => compare(found, value) === 0,
  "!=": (found: unknown, value: Scalar) => compare(found, value) !== 0,
  "<": (found: unknown, value: Scalar) => compare(found, value) < 0,
  "<=": (found: unknown, value: Scalar) => compare(found, value) <= 0,
  ">": (found: unknown, value: Scalar) => compare(found, value) > 0,
  ">=": (found: unknown, value: Scalar) => compare(found, value) >= 0,
  contains: (found: unknown, value: Scalar) => folded(found).includes(folded(value)),
  "starts-with": (found: unknown, value: Scalar) => folded(found).startsWith(folded(value)),
};

/** Below, equal or above; not a number where the two cannot be compared, and then nothing is met. */
function compare(found: unknown, value: Scalar): number {
  if (found === undefined) return value === null ? 0 : Number.NaN;
  if (typeof value === "number") {
    const number = typeof found === "string" && found.trim() !== "" ? Number(found) : found;
    return typeof number === "number" ? Math.sign(number - value) : Number.NaN;
  }
  if (typeof value === "string") {
    if (typeof found === "object") return Number.NaN;
    const [one, other] = [folded(found), folded(value)];
    return one === other ? 0 : one < other ? -1 : 1;
  }
  return found === value ? 0 : Number.NaN;
}

function folded(value: unknown): string {
  if (value === undefined || value === null) return "";
  return (typeof value === "string" ? value : JSON.stringify(value)).toLowerCase();
}
