import type { LearnedCall } from "../../state/learned/learned.ts";
import { quantileOf, sayMs, sayShare, shareBounds } from "./share.ts";
import type { Finding } from "./ttl.ts";

const FEWEST_CALLS = 200;
/** Of the calls so many must have waited or been refused. */
const CROWDED = 0.05;
/** Calls of each kind without which busy and quiet times are not compared. */
const FEWEST_EACH = 50;
export const MOST_AT_ONCE = 256;

/** What a server answers that has too much to do. */
const OVERLOAD = new Set(["timeout", "unavailable", "rate_limited"]);

/** For the calls of one server: fewer at a time where it fails when it is busy, more where calls wait in vain. */
export function adviseConcurrency(
  calls: readonly LearnedCall[],
  { concurrency }: { readonly concurrency: number },
): Finding | undefined {
  const sent = calls.filter(({ cached }) => !cached);
  if (sent.length < FEWEST_CALLS) return undefined;
  return fewer(sent, concurrency) ?? more(sent, concurrency);
}

function fewer(calls: readonly LearnedCall[], concurrency: number): Finding | undefined {
  const loads = loadsOf(calls);
  const most = Math.max(...loads);
  const half = Math.floor(most / 2);
  if (most < 2 || half >= concurrency) return undefined;
  const busy = failuresOf(calls.filter((_call, index) => (loads[index] ?? 0) > half));
  const quiet = failuresOf(calls.filter((_call, index) => (loads[index] ?? 0) <= half));
  if (busy.calls < FEWEST_EACH || quiet.calls < FEWEST_EACH) return undefined;
  const isWorse =
    shareBounds(busy.failed, busy.calls).low > 2 * shareBounds(quiet.failed, quiet.calls).high;
  if (!isWorse) return undefined;
  return {
    to: Math.max(1, half),
    evidence: `With more than ${half} calls at a time ${busy.failed} of ${busy.calls} failed as of too much (${sayShare(busy.failed / busy.calls)}), with fewer ${quiet.failed} of ${quiet.calls} (${sayShare(quiet.failed / quiet.calls)}).`,
    figures: {
      most,
      busy: busy.calls,
      busy_failed: busy.failed,
      quiet: quiet.calls,
      quiet_failed: quiet.failed,
    },
  };
}

function more(calls: readonly LearnedCall[], concurrency: number): Finding | undefined {
  const waits = calls.map(waitOf);
  const waited = waits.filter((wait) => wait !== undefined);
  const share = waited.length / calls.length;
  if (share < CROWDED || concurrency >= MOST_AT_ONCE) return undefined;
  const refused = calls.filter((call) => decisionOf(call)?.decision === "full").length;
  const late = quantileOf(waited, 0.95);
  return {
    to: Math.min(MOST_AT_ONCE, concurrency * 2),
    evidence: `Of ${calls.length} calls ${waited.length} had to wait for their turn (${sayShare(share)}), one in twenty of them for ${sayMs(late)} or more, and ${refused} were refused; it does not fail more often when it is busy.`,
    figures: { calls: calls.length, waited: waited.length, refused, p95_wait_ms: Math.round(late) },
  };
}

function decisionOf(call: LearnedCall) {
  return call.stages().find(({ policy }) => policy === "bulkhead");
}

/** How long it waited for its turn; undefined where there was room. */
function waitOf(call: LearnedCall): number | undefined {
  const stage = decisionOf(call);
  return stage === undefined || stage.decision === "free" ? undefined : stage.ms;
}

function failuresOf(calls: readonly LearnedCall[]): {
  readonly calls: number;
  readonly failed: number;
} {
  const failed = calls.filter(({ errorCode = "" }) => OVERLOAD.has(errorCode)).length;
  return { calls: calls.length, failed };
}

/** Of each call, how many ran when it began, itself included. */
function loadsOf(calls: readonly LearnedCall[]): number[] {
  const starts = calls.map(({ startedAt }) => startedAt).sort((a, b) => a - b);
  const ends = calls
    .map(({ startedAt, durationMs }) => startedAt + durationMs)
    .sort((a, b) => a - b);
  return calls.map(({ startedAt }) => countUpTo(starts, startedAt) - countUpTo(ends, startedAt));
}

/** How many of the sorted numbers are no larger. */
function countUpTo(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
