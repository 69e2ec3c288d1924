import type { Frame } from "@trestle/errors";

/** How fast a frame counts less, the farther it is from the error. */
const DEPTH = 0.15;
/** How fast a frame counts less, the more it moved between the two. */
const SHIFT = 0.1;
const LIBRARY_SHARE = 0.3;
const MOST_FRAMES = 24;

/**
 * How alike two stacks are, from 0 to 1: the frames they have in common in the same order, those near the
 * error and those of the program itself for more. A stack that was cut is as like as what is left of it.
 */
export function stackSimilarity(first: readonly Frame[], second: readonly Frame[]): number {
  const a = first.slice(0, MOST_FRAMES);
  const b = second.slice(0, MOST_FRAMES);
  const least = Math.min(wholeOf(a), wholeOf(b));
  return least === 0 ? 0 : Math.min(1, commonOf(a, b) / least);
}

function wholeOf(frames: readonly Frame[]): number {
  return frames.reduce((sum, frame, depth) => sum + weightOf(frame, depth, 0), 0);
}

function weightOf(frame: Frame, depth: number, shift: number): number {
  return (frame.isInApp ? 1 : LIBRARY_SHARE) * Math.exp(-DEPTH * depth - SHIFT * shift);
}

/** The heaviest common subsequence. */
function commonOf(a: readonly Frame[], b: readonly Frame[]): number {
  let above = new Float64Array(b.length + 1);
  for (const [i, one] of a.entries()) {
    const row = new Float64Array(b.length + 1);
    for (const [j, other] of b.entries()) {
      const weight = isSame(one, other) ? weightOf(one, Math.min(i, j), Math.abs(i - j)) : 0;
      row[j + 1] = Math.max(above[j + 1] ?? 0, row[j] ?? 0, (above[j] ?? 0) + weight);
    }
    above = row;
  }
  return above[b.length] ?? 0;
}

function isSame(a: Frame, b: Frame): boolean {
  return a.function === b.function && a.file === b.file && (a.function !== "" || a.file !== "");
}
