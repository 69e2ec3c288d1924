import { mkdirSync, writeFileSync } from "node:fs";
import process from "node:process";

/** One line of a result table. */
export type Row = Readonly<Record<string, string | number>>;

export interface Table {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** What one benchmark has to say. */
export interface Report {
  /** What was measured, on what. */
  readonly heading?: string;
  readonly tables: readonly Table[];
  /** Promises that were not kept: with any of them the run ends with exit code 1. */
  readonly failures?: readonly string[];
}

/** The median time of one run in milliseconds, after one run to warm up. */
export function medianMs(runs: number, work: () => void): number {
  work();
  const times = Array.from({ length: runs }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
  return times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
}

/** A positive whole number from the environment. Anything else there is an error that names it. */
export function countFrom(name: string, otherwise: number): number {
  const text = process.env[name] ?? "";
  const value = text === "" ? otherwise : Number(text.replaceAll("_", ""));
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${name} must be a positive whole number, not ${text}.`);
}

/** Some of `all`, separated by commas in the environment; all of them where nothing is said. */
export function choiceFrom<Choice extends string | number>(
  name: string,
  all: readonly Choice[],
): readonly Choice[] {
  const words = (process.env[name] ?? "").split(",").filter((word) => word !== "");
  const strange = words.filter((word) => !all.map(String).includes(word));
  if (strange.length > 0) throw new Error(`${name} must be of ${all.join(", ")}, not ${strange}.`);
  return words.length === 0 ? all : all.filter((choice) => words.includes(String(choice)));
}

/** Long benchmarks say on stderr how far they are. */
export function progress(text: string): void {
  process.stderr.write(`… ${text}\n`);
}

/** Writes `bench/results/NAME.json`. */
export function writeResult(name: string, result: object): void {
  const folder = new URL("./results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(result, null, 2)}\n`);
}
