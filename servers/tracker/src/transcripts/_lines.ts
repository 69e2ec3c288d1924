import type { TrackedRecord } from "../model/record.ts";
import {
  isSkipped,
  type LineFormat,
  type LineReader,
  type ReadContext,
  type ReadResult,
  type Skipped,
} from "./transcript-format.ts";

/** For tests: a file that was never written. */
export function context(path: string): ReadContext {
  return { source: "test", path, now: () => 1_000 };
}

export interface ReadFile {
  readonly records: readonly TrackedRecord[];
  readonly skipped: readonly Skipped[];
  readonly memory: string;
}

/** Reads values as the lines of a file, from its begin, or on with `memory` from `offset`. */
export function readLines(
  format: LineFormat,
  path: string,
  values: readonly (object | string)[],
  from = { memory: "", offset: 0 },
): ReadFile & { readonly offset: number } {
  const reader = format.open(context(path), from.memory);
  let offset = from.offset;
  const results = values.map((value) => {
    const line = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
    const result = reader.read(line, offset);
    offset += line.length + 1;
    return result;
  });
  return { ...sorted(results), memory: reader.memory(), offset };
}

/** Reads the lines of a file as they stand. */
export function readBytes(reader: LineReader, bytes: Buffer): readonly ReadResult[] {
  const results: ReadResult[] = [];
  for (let begin = 0; begin < bytes.length; ) {
    const end = bytes.indexOf(10, begin);
    const stop = end === -1 ? bytes.length : end;
    results.push(reader.read(bytes.subarray(begin, stop), begin));
    begin = stop + 1;
  }
  return results;
}

export function sorted(results: readonly ReadResult[]): Omit<ReadFile, "memory"> {
  return {
    records: results.filter((result): result is TrackedRecord => !isSkipped(result)),
    skipped: results.filter(isSkipped),
  };
}
