import type { JsonValue } from "@trestle/protocol";
import type { StepError } from "./state.ts";

export interface ResultLimits {
  /** Characters of JSON of one step's result; 4 Mi by default. */
  readonly result?: number;
  /** Of all results together; 16 Mi by default. */
  readonly results?: number;
}

const MI = 1024 * 1024;

/** Counts what a chain keeps in memory. */
export function createResultLimit(limits: ResultLimits): {
  /** The error of a step whose result is too large to keep; undefined where it fits. */
  refuse(value: JsonValue): StepError | undefined;
} {
  let kept = 0;

  function refuse(value: JsonValue): StepError | undefined {
    const { size, error } = measureResult(value, kept, limits);
    if (error === undefined) kept += size;
    return error;
  }

  return { refuse };
}

/** The characters of one result, and the error of its step where it is too large beside the `kept` ones. */
export function measureResult(
  value: JsonValue,
  kept: number,
  { result = 4 * MI, results = 16 * MI }: ResultLimits = {},
): { readonly size: number; readonly error?: StepError } {
  const size = JSON.stringify(value).length;
  if (size > result)
    return { size, error: tooLarge(`Its result has ${size} characters, over ${result}`) };
  if (kept + size <= results) return { size };
  const problem = `With its result the steps would keep ${kept + size} characters, over ${results}`;
  return { size, error: tooLarge(problem) };
}

function tooLarge(fact: string): StepError {
  const message = `${fact}. The tool did run; ask it for less, a page or a filter, or pass a name instead of the content`;
  return { code: "invalid_input", message };
}
