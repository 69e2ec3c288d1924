import type { JsonValue } from "@trestle/protocol";
import type { StepError } from "./state.ts";

export interface ResultLimits {
  /** Characters of JSON of one step's result; 4 Mi by default. */
  readonly result?: number;
  /** Of all results of a chain together; 16 Mi by default. */
  readonly results?: number;
}

const MI = 1024 * 1024;

/** Counts what a chain keeps in memory. */
export function createResultLimit({ result = 4 * MI, results = 16 * MI }: ResultLimits): {
  /** The error of a step whose result is too large to keep; undefined where it fits. */
  refuse(value: JsonValue): StepError | undefined;
} {
  let kept = 0;

  function refuse(value: JsonValue): StepError | undefined {
    const size = JSON.stringify(value).length;
    if (size > result) return tooLarge(`Its result has ${size} characters, over ${result}`);
    if (kept + size > results) {
      return tooLarge(
        `With its result the chain would keep ${kept + size} characters, over ${results}`,
      );
    }
    kept += size;
    return undefined;
  }

  return { refuse };
}

function tooLarge(fact: string): StepError {
  const message = `${fact}. The tool did run; ask it for less, a page or a filter, or pass a name instead of the content`;
  return { code: "invalid_input", message };
}
