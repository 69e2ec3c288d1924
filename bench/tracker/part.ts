import type { Table } from "../measure.ts";

/** What one part of the benchmark of the tracker has to say. */
export interface PartResult {
  /** Its figures, for the file of results. */
  readonly result: object;
  readonly tables: readonly Table[];
  readonly failures: readonly string[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}
