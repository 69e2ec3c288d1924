import * as z from "zod";

/**
 * An edit of a text, from its begin to its end: a number keeps so many UTF-16 units, a text is put in, and
 * `{ delete: n }` takes n units out. What is not mentioned at the end is kept.
 */
export type TextOperation = readonly TextStep[];
export type TextStep = number | string | { readonly delete: number };

export const textOperation = z
  .array(
    z.union([
      z.int().min(1).describe("Keep so many UTF-16 units"),
      z.string().min(1).describe("Put this in"),
      z.strictObject({ delete: z.int().min(1) }).describe("Take so many units out"),
    ]),
  )
  .min(1)
  .max(10_000);

/** The text after the edit; undefined where the edit is of a longer text. */
export function applyText(text: string, operation: TextOperation): string | undefined {
  const parts: string[] = [];
  let at = 0;
  for (const step of operation) {
    if (typeof step === "string") parts.push(step);
    else if (typeof step === "number") {
      parts.push(text.slice(at, at + step));
      at += step;
    } else at += step.delete;
    if (at > text.length) return undefined;
  }
  return parts.join("") + text.slice(at);
}

/**
 * The edit as it is after another that was made of the same text: applied one after the other, in either order and
 * each as it is then, both lead to the same text. Where both put something in at the same place, what `first` is true
 * for stands before.
 */
export function transformText(
  operation: TextOperation,
  { over, first }: { readonly over: TextOperation; readonly first: boolean },
): TextOperation {
  const done: TextStep[] = [];
  const theirs = createSteps(over);
  for (const step of operation) {
    if (typeof step === "string") {
      if (!first) keepTheirInserts(theirs, done);
      push(done, step);
      continue;
    }
    let left = typeof step === "number" ? step : step.delete;
    while (left > 0) {
      keepTheirInserts(theirs, done);
      const units = theirs.take(left);
      if (!units.isDelete)
        push(done, typeof step === "number" ? units.count : { delete: units.count });
      left -= units.count;
    }
  }
  return done;
}

interface Steps {
  /** The text that comes next, taken; undefined where none does. */
  insert(): string | undefined;
  /** Up to so many units of the text before, all kept or all deleted. */
  take(most: number): { readonly count: number; readonly isDelete: boolean };
}

function createSteps(operation: TextOperation): Steps {
  let index = 0;
  let used = 0;
  return {
    insert() {
      const step = operation[index];
      if (typeof step !== "string") return undefined;
      index += 1;
      return step;
    },
    take(most) {
      const step = operation[index];
      // Beyond its last step an edit keeps whatever is there.
      if (step === undefined || typeof step === "string") return { count: most, isDelete: false };
      const isDelete = typeof step !== "number";
      const units = (typeof step === "number" ? step : step.delete) - used;
      const count = Math.min(units, most);
      used += count;
      if (count === units) {
        index += 1;
        used = 0;
      }
      return { count, isDelete };
    },
  };
}

function keepTheirInserts(theirs: Steps, done: TextStep[]): void {
  for (let text = theirs.insert(); text !== undefined; text = theirs.insert())
    push(done, text.length);
}

/** One step where two of a kind follow each other. */
function push(steps: TextStep[], step: TextStep): void {
  const last = steps.at(-1);
  if (typeof step === "number" && typeof last === "number") steps[steps.length - 1] = last + step;
  else if (typeof step === "string" && typeof last === "string")
    steps[steps.length - 1] = last + step;
  else if (typeof step === "object" && typeof last === "object") {
    steps[steps.length - 1] = { delete: last.delete + step.delete };
  } else steps.push(step);
}
