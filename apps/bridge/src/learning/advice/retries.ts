import type { LearnedCall } from "../../state/learned/learned.ts";
import { sayMs, shareBounds } from "./share.ts";
import type { Finding } from "./ttl.ts";

/** Retried calls that must have been seen. */
const FEWEST = 20;
/** Where fewer are helped, beyond reasonable doubt, retries only cost time. */
const HOPELESS = 0.1;
/** Where the last retry helps as many of those that come to it, one more would help, too. */
const HELPFUL = 0.3;
export const MOST_RETRIES = 5;

/** Fewer retries where they hardly ever helped; one more where even the last one often did. */
export function adviseRetries(
  calls: readonly LearnedCall[],
  { retries }: { readonly retries: number },
): Finding | undefined {
  if (retries === 0) return undefined;
  const retried = calls.filter((call) => call.retries > 0);
  const helped = retried.filter(
    ({ outcome, fallbackUsed }) => outcome === "success" && !fallbackUsed,
  );
  if (retried.length < FEWEST) return undefined;
  const figures = { retried: retried.length, helped: helped.length };
  if (shareBounds(helped.length, retried.length).high < HOPELESS) {
    const waited = retried.reduce((sum, call) => sum + waitedFor(call), 0);
    return {
      to: 0,
      evidence: `Of ${retried.length} calls that were retried ${helped.length} succeeded in the end; all together waited ${sayMs(waited)} for it.`,
      figures: { ...figures, waited_ms: Math.round(waited) },
    };
  }
  const last = retried.filter((call) => call.retries >= retries);
  const helpedLast = last.filter(
    ({ outcome, fallbackUsed }) => outcome === "success" && !fallbackUsed,
  );
  const isWorth =
    last.length >= FEWEST && shareBounds(helpedLast.length, last.length).low >= HELPFUL;
  if (!isWorth || last.length === helpedLast.length || retries >= MOST_RETRIES) return undefined;
  return {
    to: retries + 1,
    evidence: `Of ${last.length} calls that came to their last retry ${helpedLast.length} succeeded with it, and ${last.length - helpedLast.length} failed without another.`,
    figures: { ...figures, last: last.length, helped_last: helpedLast.length },
  };
}

function waitedFor(call: LearnedCall): number {
  return call
    .stages()
    .filter(({ policy, decision }) => policy === "retry" && decision.startsWith("again"))
    .reduce((sum, { ms }) => sum + ms, 0);
}
