import { describe, expect, test } from "vitest";
import { isCheckout, isTest, readSource, trackedFiles } from "./_sources.ts";

/** The size budget. It is a ratchet: the numbers may be lowered, never raised. */
const budget = {
  file: { most: 300, usual: 200 },
  function: { most: 60, usual: 40 },
  /** The share that must be under `usual`. */
  share: 0.9,
} as const;

interface Sized {
  readonly name: string;
  readonly lines: number;
}

describe.skipIf(!isCheckout)("the size of sources", () => {
  const sources = isCheckout ? trackedFiles("*.ts", "*.tsx").map(readSource) : [];
  // A suite of tests is a list, however long; and the testkit holds suites.
  const files = sources
    .filter(({ path }) => !isTest(path) && !isGenerated(path))
    .map(({ path: name, lines }) => ({ name, lines }));
  const functions = sources
    .filter(({ path }) => !isTest(path) && !path.startsWith("packages/testkit/"))
    .flatMap(({ path, functions }) =>
      functions.map((each) => ({ ...each, name: `${path}:${each.line} ${each.name}` })),
    );
  // A function that holds state declares others inside; those stand for themselves.
  const own = functions.map(({ name, ownLines: lines }) => ({ name, lines }));

  test("no file is longer than its budget", () => {
    expect(over(files, budget.file.most)).toEqual([]);
  });

  test("nine files in ten are well below it", () => {
    expect(shareUpTo(files, budget.file.usual)).toBeGreaterThanOrEqual(budget.share);
  });

  test("no function is longer than its budget", () => {
    expect(over(own, budget.function.most)).toEqual([]);
  });

  test("nine functions in ten are well below it", () => {
    expect(shareUpTo(functions, budget.function.usual)).toBeGreaterThanOrEqual(budget.share);
  });
});

/** Nobody reads what a tool has written. */
function isGenerated(path: string): boolean {
  return path === "apps/dashboard/src/api/generated.ts";
}

function over(all: readonly Sized[], most: number): string[] {
  return all
    .filter(({ lines }) => lines > most)
    .map(({ name, lines }) => `${name}: ${lines} lines`);
}

function shareUpTo(all: readonly Sized[], usual: number): number {
  return all.filter(({ lines }) => lines <= usual).length / Math.max(all.length, 1);
}
