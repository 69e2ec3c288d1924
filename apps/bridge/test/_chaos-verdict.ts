import type { Life } from "./_chaos-lives.ts";
import type { Passage } from "./_nginx.ts";
import { LIMIT } from "./_shared-bridges.ts";

/** A call as its client saw it. */
export interface Made {
  readonly mark: string;
  readonly what: "read" | "limited" | "ask";
  readonly era: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Why it failed. */
  readonly failure?: string;
  /** When the window ends that a limited call was counted in, by the bridge's word. */
  readonly reset?: number;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Seen {
  readonly made: readonly Made[];
  readonly passages: ReadonlyMap<string, Passage>;
  readonly lives: readonly Life[];
  readonly outages: readonly Span[];
  /** When a bridge did not reach Redis, for whatever reason. */
  readonly losses: readonly Span[];
}

/** A key that was revoked, and how long after that it was last let in. */
export interface Revocation {
  readonly at: number;
  readonly lag: number;
}

/** A revoked key is refused by all within a second, where Redis is there. */
const REVOKED_MS = 1_000;

export interface RevocationVerdict {
  readonly revoked: number;
  /** In milliseconds; of those for which every bridge had Redis, and of all. */
  readonly worstLag: number;
  readonly worstLagOfAll: number;
  readonly failures: readonly string[];
}

export function judgeRevocations(all: readonly Revocation[], { losses }: Seen): RevocationVerdict {
  const calm = all.filter(
    ({ at, lag }) => !losses.some(({ from, to }) => from < at + lag && to > at),
  );
  const failures = calm
    .filter(({ lag }) => lag > REVOKED_MS)
    .map(({ lag }) => `a revoked key was accepted after ${lag} ms`);
  const worst = (some: readonly Revocation[]): number => Math.max(0, ...some.map(({ lag }) => lag));
  return { revoked: all.length, worstLag: worst(calm), worstLagOfAll: worst(all), failures };
}

/** A process that is killed is gone a moment later, and that is felt on every connection a moment later again. */
const FELT_MS = 300;
const WINDOW_MS = 60_000;
/** A process has all that it uses in memory after a while; of a shorter life there is no second half to speak of. */
const SHORTEST_LIFE_SECONDS = 90;

/** Failures that nothing excuses, each with all that is known of it, and how many were excused. */
export function judgeCalls(seen: Seen): { excused: number; failures: string[] } {
  let excused = 0;
  const failures: string[] = [];
  for (const made of seen.made) {
    if (made.failure === undefined) continue;
    const legs = legsOf(made, seen);
    if (isExcused(made, legs, seen)) excused += 1;
    else failures.push(wordFailure(made, legs, seen));
  }
  return { excused, failures };
}

/** Questions that were asked at one bridge and answered, by way of another, with success. */
export function countElsewhere(seen: Seen): number {
  return seen.made.filter((made) => {
    if (made.what !== "ask" || made.failure !== undefined) return false;
    return new Set(legsOf(made, seen).map(({ ports }) => ports.at(-1))).size > 1;
  }).length;
}

function legsOf({ mark }: Made, { passages }: Seen): Passage[] {
  return [...Array(6).keys()].flatMap((leg) =>
    ["", "again"].flatMap((at) => passages.get(`${mark}.${leg + 1}${at}`) ?? []),
  );
}

/** It was under way on a bridge that was killed. */
function isExcused(made: Made, legs: readonly Passage[], { lives }: Seen): boolean {
  const ports = new Set(legs.flatMap((leg) => leg.ports));
  return lives.some(
    ({ port, end }) =>
      end?.how === "killed" &&
      ports.has(port) &&
      (end.goneAt ?? end.at) + FELT_MS >= made.startedAt &&
      end.at <= made.endedAt,
  );
}

function wordFailure(made: Made, legs: readonly Passage[], { lives, outages }: Seen): string {
  const { era, what, startedAt, endedAt, failure } = made;
  const ago = (at: number): string => `${((at - startedAt) / 1_000).toFixed(1)} s`;
  const ports = new Set(legs.flatMap((leg) => leg.ports));
  const near = (at: number): boolean => at > startedAt - 20_000 && at < endedAt + 5_000;
  const touched = lives.filter(({ port }) => ports.has(port));
  return [
    `${era} ${what} failed after ${endedAt - startedAt} ms: ${failure}`,
    ...legs.map(({ line }) => `  way: ${line}`),
    ...lives.flatMap(({ port, pid, startedAt: began, end }) => [
      ...(near(began) ? [`  ${port} (pid ${pid}) started at ${ago(began)}`] : []),
      ...(end && near(end.at) ? [`  ${port} (pid ${pid}) ${end.how} at ${ago(end.at)}`] : []),
    ]),
    ...outages
      .filter(({ from, to }) => near(from) || near(to))
      .map(({ from, to }) => `  no Redis from ${ago(from)} to ${ago(to)}`),
    ...touched.flatMap((life) =>
      life.end ? [] : [`  log of ${life.port}:`, ...life.log().split("\n").slice(-12)],
    ),
  ].join("\n");
}

/** A bridge ends only where it is killed or told to. */
export function judgeLives(lives: readonly Life[]): string[] {
  return lives
    .filter(({ end }) => end?.how === "by itself")
    .map((life) => `bridge ${life.port} ended by itself: ${life.end?.code}\n${life.log()}`);
}

export interface LimitVerdict {
  readonly windows: number;
  /** Of the window that let through most beyond what it may, how many of how many it may. */
  readonly worst: { readonly taken: number; readonly most: number };
}

/** By the windows that the bridges themselves name. One in which a bridge lost Redis may let through a burst more. */
export function judgeLimit({ made, losses }: Seen): LimitVerdict {
  const windows = new Map<number, number>();
  for (const { reset } of made) {
    if (reset === undefined) continue;
    // Bridges alone have the same windows, to the difference of the clocks.
    const window = Math.round(reset / 5_000);
    windows.set(window, (windows.get(window) ?? 0) + 1);
  }
  const verdicts = [...windows].map(([window, taken]) => {
    const end = window * 5_000;
    const isTouched = losses.some(({ from, to }) => from < end && to > end - WINDOW_MS);
    return { taken, most: isTouched ? 2 * LIMIT : Math.floor(LIMIT * 1.05) };
  });
  const worst = verdicts.toSorted((a, b) => b.taken / b.most - a.taken / a.most)[0];
  return { windows: windows.size, worst: worst ?? { taken: 0, most: LIMIT } };
}

export interface MemoryVerdict {
  readonly port: string;
  readonly seconds: number;
  /** Megabytes: mean of the third quarter of its life, and of the last. */
  readonly third: number;
  readonly last: number;
}

/** Of each life that was long enough. */
export function judgeMemory(lives: readonly Life[]): MemoryVerdict[] {
  return lives
    .filter(({ memory }) => memory.length >= SHORTEST_LIFE_SECONDS)
    .map(({ port, memory }) => {
      const [half, quarter] = [memory.length / 2, memory.length / 4];
      const [third, last] = [memory.slice(half, half + quarter), memory.slice(-quarter)];
      return { port, seconds: memory.length, third: megabytes(third), last: megabytes(last) };
    });
}

function megabytes(samples: readonly number[]): number {
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / Math.max(1, samples.length);
  return Math.round(mean / 1e5) / 10;
}
