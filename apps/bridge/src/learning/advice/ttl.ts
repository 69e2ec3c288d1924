import type { LearnedCall } from "../../state/learned/learned.ts";
import { sayMs, sayShare, shareBounds } from "./share.ts";

/** What a figure should be, and the numbers that say so. */
export interface Finding {
  readonly to: number;
  /** One sentence, with numbers. */
  readonly evidence: string;
  readonly figures: Readonly<Record<string, number>>;
}

export interface TtlFacts {
  /** How long answers are kept now; nothing where they are not. */
  readonly ttlMs: number | undefined;
  /** When calls that may write began at the same server, in their order: they make what is kept void. */
  readonly writes: readonly number[];
}

const MINUTE_MS = 60_000;
const CANDIDATES = [
  ...[5_000, 15_000, 30_000, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS],
  ...[60 * MINUTE_MS, 6 * 60 * MINUTE_MS, 24 * 60 * MINUTE_MS],
];
/** So many kept answers may have been wrong, at worst. */
const MOST_WRONG = 0.05;
/** Of the calls it must save so many, or it is not worth the risk. */
const WORTH = 0.1;
/** The shortest time that saves nearly as much as the best. */
const NEARLY = 0.9;
/** Renewals that must have been seen before a time is called too long. */
const FEWEST_RENEWALS = 30;

/**
 * Plays the calls back against a cache that keeps answers for a time: how many would have been answered from
 * it, and to how many of those the server gave another answer. A time is good where at most 5 % were wrong,
 * beyond reasonable doubt; of good ones the shortest that saves nearly as many calls as the best.
 */
export function adviseTtl(calls: readonly LearnedCall[], facts: TtlFacts): Finding | undefined {
  const { ttlMs = 0 } = facts;
  const series = seriesOf(calls);
  const played = CANDIDATES.filter((each) => each > ttlMs).map((keepMs) => ({
    keepMs,
    ...play(series, keepMs, facts.writes),
  }));
  const good = played.filter(
    ({ hits, wrong }) =>
      shareBounds(wrong, hits).high <= MOST_WRONG && hits >= WORTH * calls.length,
  );
  const most = Math.max(0, ...good.map(({ hits }) => hits));
  const best = good.find(({ hits }) => hits >= NEARLY * most);
  if (best === undefined) return ttlMs > 0 ? tooLong(series, ttlMs, facts.writes) : undefined;
  const { keepMs, hits, wrong } = best;
  return {
    to: keepMs,
    evidence: `Of ${calls.length} calls ${hits} repeated one of the last ${sayMs(keepMs)}, and ${wrong} of those got another answer (${sayShare(wrong / hits)}).`,
    figures: { calls: calls.length, repeated: hits, changed: wrong },
  };
}

/** Answers that were renewed soon after their time, and had mostly changed. */
function tooLong(
  series: readonly (readonly LearnedCall[])[],
  ttlMs: number,
  writes: readonly number[],
): Finding | undefined {
  const { hits, wrong } = play(series, ttlMs * 2, writes);
  if (hits < FEWEST_RENEWALS || shareBounds(wrong, hits).low < 0.5 || ttlMs < 2_000)
    return undefined;
  return {
    to: Math.round(ttlMs / 2),
    evidence: `Of ${hits} answers that were renewed after ${sayMs(ttlMs)} or a little more, ${wrong} had changed (${sayShare(wrong / hits)}).`,
    figures: { renewed: hits, changed: wrong },
  };
}

/** Calls with the same arguments of the same caller, each series in its order. */
function seriesOf(calls: readonly LearnedCall[]): LearnedCall[][] {
  const told = calls.filter(({ resultHash }) => resultHash !== undefined);
  const groups = Map.groupBy(told, (call) => `${call.principal}\n${call.arguments}`);
  return [...groups.values()].map((each) => each.toSorted((a, b) => a.startedAt - b.startedAt));
}

function play(
  series: readonly (readonly LearnedCall[])[],
  keepMs: number,
  writes: readonly number[],
): { readonly hits: number; readonly wrong: number } {
  let hits = 0;
  let wrong = 0;
  for (const calls of series) {
    let kept: LearnedCall | undefined;
    for (const call of calls) {
      const since = kept === undefined ? 0 : kept.startedAt + kept.durationMs;
      const isKept = kept !== undefined && call.startedAt - since <= keepMs;
      if (isKept && !wroteBetween(writes, kept?.startedAt ?? 0, call.startedAt)) {
        hits += 1;
        if (call.resultHash !== kept?.resultHash) wrong += 1;
      } else kept = call;
    }
  }
  return { hits, wrong };
}

function wroteBetween(writes: readonly number[], from: number, to: number): boolean {
  let low = 0;
  let high = writes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((writes[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return (writes[low] ?? Number.POSITIVE_INFINITY) <= to;
}
