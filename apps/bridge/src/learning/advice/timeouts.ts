import type { LearnedCall } from "../../state/learned/learned.ts";
import { niceMs, quantileOf, sayMs, sayShare } from "./share.ts";
import type { Finding } from "./ttl.ts";

/** Answers without which nothing can be said of one in a thousand. */
const FEWEST_ANSWERS = 1_000;
/** As many times longer than the slowest in a thousand an attempt may be silent. */
const ROOM = 3;
const LEAST_MS = 1_000;
/** Attempts that ran out of time before it is called too short. */
const FEWEST_EXPIRED = 10;

/** Shorter where even the slowest answers are far below it; longer where answers come up to it, and many too late. */
export function adviseTimeout(
  calls: readonly LearnedCall[],
  { attemptMs, maxMs }: { readonly attemptMs: number; readonly maxMs: number },
): Finding | undefined {
  const stages = calls.flatMap((call) => (call.cached ? [] : call.stages()));
  const answers = stages.filter(
    ({ policy, decision }) => policy === "upstream" && decision === "answered",
  );
  const expired = stages.filter(
    ({ policy, decision }) => policy === "timeout" && decision === "expired",
  );
  const took = answers.map(({ ms }) => ms);
  if (expired.length >= FEWEST_EXPIRED) return longer(took, expired.length, { attemptMs, maxMs });
  if (took.length < FEWEST_ANSWERS) return undefined;
  const slowest = quantileOf(took, 0.999);
  const to = niceMs(Math.max(LEAST_MS, slowest * ROOM));
  if (attemptMs < to * 2) return undefined;
  return {
    to,
    evidence: `Of ${took.length} answers 99.9 % came within ${sayMs(slowest)}; an attempt may be silent for ${sayMs(attemptMs)}.`,
    figures: { answers: took.length, p999_ms: Math.round(slowest), expired: expired.length },
  };
}

function longer(
  took: readonly number[],
  expired: number,
  { attemptMs, maxMs }: { readonly attemptMs: number; readonly maxMs: number },
): Finding | undefined {
  const share = expired / (expired + took.length);
  const late = quantileOf(took, 0.99);
  const to = Math.min(maxMs, attemptMs * 2);
  if (share < 0.01 || late < attemptMs / 2 || to <= attemptMs) return undefined;
  return {
    to,
    evidence: `${expired} attempts ran out of time (${sayShare(share)}), and of ${took.length} answers one in a hundred took more than ${sayMs(late)} of the ${sayMs(attemptMs)}.`,
    figures: { answers: took.length, p99_ms: Math.round(late), expired },
  };
}
