import { isTrestleError, messageOf } from "@trestle/protocol";
import type { Answer } from "./send.ts";

/** What an attempt means for its delivery. */
export type Verdict =
  | { readonly kind: "delivered" }
  /** Trying again cannot help. */
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string; readonly retryAfterMs?: number };

/** Codes that tell of the moment, not of the request; all of 5xx do too. */
const transient = new Set([408, 425, 429]);

export function isRedirect({ status }: Pick<Answer, "status">): boolean {
  return status >= 300 && status < 400;
}

export function judgeAnswer({ status, retryAfterMs }: Answer): Verdict {
  if (status >= 200 && status < 300) return { kind: "delivered" };
  const reason = `answered ${status}`;
  if (isRedirect({ status })) {
    return { kind: "refused", reason: `${reason}; redirects are not followed` };
  }
  if (status < 500 && !transient.has(status)) return { kind: "refused", reason };
  return { kind: "failed", reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

export function judgeError(error: unknown): Verdict {
  const isFinal = isTrestleError(error) && !error.retryable;
  return { kind: isFinal ? "refused" : "failed", reason: messageOf(error) };
}

const BASE_MS = 1_000;
const MAX_MS = 60 * 60_000;

/** Doubles from one second to one hour, each between half and all of it, so that failures spread out. */
export function retryDelay(attempts: number, random: () => number, retryAfterMs = 0): number {
  const most = Math.min(MAX_MS, BASE_MS * 2 ** (attempts - 1));
  return Math.min(MAX_MS, Math.max(retryAfterMs, Math.round(most * (0.5 + random() / 2))));
}
