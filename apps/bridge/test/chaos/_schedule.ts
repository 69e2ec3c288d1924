import { createHash } from "node:crypto";
import { createRandom } from "../_random.ts";

/** What may be done to each part of the system. Pure data: a schedule is drawn of it. */
export const HARMS = {
  "bridge-0": ["kill", "pause", "slow", "cut", "truncate"],
  "bridge-1": ["kill", "pause", "slow", "cut", "truncate"],
  worker: ["kill", "pause"],
  redis: ["kill", "pause", "slow", "cut", "corrupt", "partition"],
  postgres: ["kill", "pause", "slow", "cut", "corrupt", "partition"],
  s3: ["hang", "slow", "cut", "corrupt", "partition", "refuse", "lose"],
  near: ["kill", "pause"],
  own: ["kill", "pause"],
  far: ["kill", "pause", "slow", "cut", "corrupt", "partition"],
} as const;

export type Target = keyof typeof HARMS;
export type Fault = (typeof HARMS)[Target][number];

/** One fault: from `atMs` after the start, for `forMs`. */
export interface Entry {
  readonly fault: Fault;
  readonly target: Target;
  readonly atMs: number;
  readonly forMs: number;
}

export interface ScheduleOptions {
  readonly seed: number;
  /** All faults have begun by then. */
  readonly ms: number;
  /** From one to the next, about. */
  readonly everyMs: number;
}

type Harm = Pick<Entry, "fault" | "target">;

export const ALL_HARMS: readonly Harm[] = Object.entries(HARMS).flatMap(([target, faults]) =>
  faults.map((fault) => ({ fault, target: target as Target })),
);

const SHORTEST_MS = 300;
const LONGEST_MS = 3_500;
/** What was harmed has time to come up again before it is harmed anew. */
const BETWEEN_MS = 4_000;

/**
 * The faults of a run, in their order: the same for the same options, whatever happens meanwhile. They are dealt as
 * cards are, so that each harm occurs before any occurs much more often than the others.
 */
export function drawSchedule({ seed, ms, everyMs }: ScheduleOptions): Entry[] {
  const random = createRandom(seed);
  const entries: Entry[] = [];
  const freeAt = new Map<Target, number>();
  const deck = shuffled(ALL_HARMS, random);
  for (let atMs = 0; ; ) {
    atMs += Math.round(everyMs * (0.4 + 1.2 * random()));
    if (atMs >= ms) return entries;
    const forMs = Math.round(SHORTEST_MS + (LONGEST_MS - SHORTEST_MS) * random());
    const isFree = ({ target }: Harm) => (freeAt.get(target) ?? 0) <= atMs;
    if (!ALL_HARMS.some(isFree)) continue;
    if (!deck.some(isFree)) deck.push(...shuffled(ALL_HARMS, random));
    const [card] = deck.splice(deck.findIndex(isFree), 1) as [Harm];
    freeAt.set(card.target, atMs + forMs + BETWEEN_MS);
    entries.push({ ...card, atMs, forMs });
  }
}

/** Names a schedule: two runs of which it is the same had the same faults at the same times. */
export function digestOf(schedule: readonly Entry[]): string {
  const text = schedule.map(({ fault, target, atMs, forMs }) => [fault, target, atMs, forMs]);
  return createHash("sha256").update(JSON.stringify(text)).digest("hex").slice(0, 16);
}

/** In parts of this length at most; after each all is made good, and how soon everything works again is measured. */
export function roundsOf(schedule: readonly Entry[], roundMs: number): Entry[][] {
  const rounds = new Map<number, Entry[]>();
  for (const entry of schedule) {
    const round = Math.floor(entry.atMs / roundMs);
    rounds.set(round, [...(rounds.get(round) ?? []), entry]);
  }
  return [...rounds.values()];
}

export function wordEntry({ fault, target, atMs, forMs }: Entry): string {
  return `${(atMs / 1_000).toFixed(1)} s: ${fault} ${target} for ${(forMs / 1_000).toFixed(1)} s`;
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const keyed = items.map((item) => ({ item, order: random() }));
  return keyed.toSorted((a, b) => a.order - b.order).map(({ item }) => item);
}
