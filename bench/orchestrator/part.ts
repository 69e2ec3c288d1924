import type { Table } from "../measure.ts";

/** What one part of the benchmark of the orchestrator has to say. */
export interface PartResult {
  /** Its figures, for the file of results. */
  readonly result: object;
  readonly tables: readonly Table[];
  readonly failures: readonly string[];
}

/** The middle one: single laps are disturbed by whatever else the machine does. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
