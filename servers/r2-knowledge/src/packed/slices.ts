import { setImmediate } from "node:timers/promises";

/** Work in small steps. Whoever does it decides whether others have their turn in between. */
export type Slices<Result> = Generator<void, Result, void>;

/** So many documents are one step: about a millisecond. */
const STEP = 1_000;

/** Whether a step ends here. */
export function isStep(at: number): boolean {
  return at % STEP === STEP - 1;
}

export function atOnce<Result>(work: Slices<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

export async function inTurns<Result>(work: Slices<Result>): Promise<Result> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await setImmediate();
  }
}

/** One after the other, as one; what needs no work stands for itself. */
export function* joined<Result extends object>(
  works: readonly (Slices<Result> | Result)[],
): Slices<Result> {
  const results: Result[] = [];
  for (const work of works) results.push(isWork(work) ? yield* work : work);
  return Object.assign({}, ...results) as Result;
}

function isWork<Result extends object>(work: Slices<Result> | Result): work is Slices<Result> {
  return Symbol.iterator in work;
}
