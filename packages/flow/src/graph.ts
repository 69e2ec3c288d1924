import { TrestleError } from "@trestle/protocol";

/** As much of a step as its place in the graph needs. */
export interface Waiting {
  readonly id: string;
  readonly waitsFor: readonly string[];
}

/** Throws `invalid_input` that spells the circle, where steps wait for each other. */
export function refuseCycle(steps: readonly Waiting[]): void {
  const ranked = new Set(rankSteps(steps).flat());
  const stuck = steps.filter(({ id }) => !ranked.has(id));
  const [first] = stuck;
  if (first === undefined) return;
  const circle = circleFrom(first.id, new Map(stuck.map((step) => [step.id, step.waitsFor])));
  throw new TrestleError(
    "invalid_input",
    `Steps wait for each other: ${circle.join(" → ")}; take one of these dependencies out`,
  );
}

/** Ids in ranks: each step stands in the first rank after all it waits for. Steps in a circle stand nowhere. */
export function rankSteps(steps: readonly Waiting[]): string[][] {
  const ranks: string[][] = [];
  const done = new Set<string>();
  for (let left = steps; left.length > 0; ) {
    const rank = left.filter(({ waitsFor }) => waitsFor.every((id) => done.has(id)));
    if (rank.length === 0) return ranks;
    for (const { id } of rank) done.add(id);
    ranks.push(rank.map(({ id }) => id));
    left = left.filter(({ id }) => !done.has(id));
  }
  return ranks;
}

/** Each stuck step waits for another stuck one, so walking on must come back. */
function circleFrom(start: string, waits: ReadonlyMap<string, readonly string[]>): string[] {
  const path: string[] = [];
  let at: string | undefined = start;
  while (at !== undefined && !path.includes(at)) {
    path.push(at);
    at = waits.get(at)?.find((id) => waits.has(id));
  }
  return at === undefined ? path : [...path.slice(path.indexOf(at)), at];
}
