import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import fc from "fast-check";

/** For how many inputs a property is tried where nothing else is said. */
const RUNS = 200;

export interface FuzzOptions<Input> {
  /** Inputs that once failed, or are worth a look every time: they are tried first. */
  readonly corpus: readonly Input[];
  /** Of one round; `ROUNDS` multiplies it. */
  readonly runs?: number;
}

/** Tries the property for the corpus, then for inputs by chance. What fails is shrunk, and told with the seed. */
export async function fuzz<Input>(
  arbitrary: fc.Arbitrary<Input>,
  { corpus, runs = RUNS }: FuzzOptions<Input>,
  property: (input: Input) => void | Promise<void>,
): Promise<void> {
  const { SEED, ROUNDS = "1" } = process.env;
  await fc.assert(
    fc.asyncProperty(arbitrary, async (input) => property(input)),
    {
      numRuns: runs * Number(ROUNDS) + corpus.length,
      examples: corpus.map((input) => [input]),
      ...(SEED !== undefined && { seed: Number(SEED) }),
    },
  );
}

/** The findings in a folder, one JSON file each, in the order of their names. */
export function readFindings<Finding>(folder: URL): readonly Finding[] {
  return readdirSync(folder)
    .toSorted()
    .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Finding);
}

export { default as fc } from "fast-check";
