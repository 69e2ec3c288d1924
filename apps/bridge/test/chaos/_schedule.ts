import { createRandom, pick } from "../_random.ts";

/** What may be done to each part of the system. Pure data: a schedule is drawn of it. */
export const HARMS = {
  "bridge-0": ["kill", "pause", "truncate"],
  "bridge-1": ["kill", "pause", "truncate"],
  worker: ["kill", "pause"],
  redis: ["kill", "pause", "slow", "cut", "corrupt"],
  postgres: ["kill", "slow", "cut", "corrupt"],
  s3: ["slow", "cut", "corrupt", "refuse", "lose"],
  near: ["kill", "pause"],
  far: ["kill", "pause", "slow", "cut", "corrupt"],
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

const TARGETS = Object.keys(HARMS) as Target[];
const SHORTEST_MS = 300;
const LONGEST_MS = 3_500;
/** What was harmed has time to come up again before it is harmed anew. */
const BETWEEN_MS = 4_000;

/** The faults of a run, in their order: the same for the same options, whatever happens meanwhile. */
export function drawSchedule({ seed, ms, everyMs }: ScheduleOptions): Entry[] {
  const random = createRandom(seed);
  const entries: Entry[] = [];
  const freeAt = new Map<Target, number>();
  for (let atMs = 0; ; ) {
    atMs += Math.round(everyMs * (0.4 + 1.2 * random()));
    if (atMs >= ms) return entries;
    const free = TARGETS.filter((target) => (freeAt.get(target) ?? 0) <= atMs);
    const forMs = Math.round(SHORTEST_MS + (LONGEST_MS - SHORTEST_MS) * random());
    if (free.length === 0) continue;
    const target = pick(free, random);
    const fault = pick<Fault>(HARMS[target], random);
    freeAt.set(target, atMs + forMs + BETWEEN_MS);
    entries.push({ fault, target, atMs, forMs });
  }
}

export function wordEntry({ fault, target, atMs, forMs }: Entry): string {
  return `${(atMs / 1_000).toFixed(1)} s: ${fault} ${target} for ${(forMs / 1_000).toFixed(1)} s`;
}
