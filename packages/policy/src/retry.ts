import {
  type Clock,
  isJsonObject,
  isTrestleError,
  type JsonObject,
  messageOf,
  TRESTLE_META,
  TrestleError,
} from "@trestle/protocol";
import { type Call, nameOf, note, type Policy } from "./call.ts";
import { isEffectUnknown, isRefusal, isTransient, isUnsent } from "./faults.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { tellSilence } from "./timeout.ts";
import { sleep, timeLeft } from "./waiting.ts";

export interface RetrySettings {
  /** Attempts after the first. */
  readonly retries: number;
  /** Before the first retry, in milliseconds; each later one waits twice as long. */
  readonly baseMs: number;
  /** An upstream that asks for a longer wait is not waited for. */
  readonly maxDelayMs: number;
  /** This upstream does a thing once per idempotency key. */
  readonly idempotent: boolean;
  /** A tool that shows whether a write took effect. */
  readonly checkWith?: string;
}

export interface RetryParts {
  readonly settingsFor: (call: Call) => RetrySettings;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly budget: RetryBudget;
}

export const DEFAULT_RETRY: RetrySettings = {
  retries: 3,
  baseMs: 1_000,
  maxDelayMs: 60_000,
  idempotent: false,
};

/** A lost connection is made anew at once, so the first retry need not wait long. */
const RECONNECT_MS = 100;
const JITTER = 0.2;

/**
 * Repeats a call that failed for a passing reason, if that cannot do a thing twice: it only reads, it
 * surely never left, the upstream turned it away, or honours its idempotency key. Otherwise the caller
 * is told that the outcome is unknown, and what to check.
 */
export function retry({ settingsFor, clock, random, budget }: RetryParts): Policy {
  return async function retry(call, next) {
    const settings = settingsFor(call);
    const sent = settings.idempotent ? withIdempotencyKey(call) : call;
    budget.earn(call.server);
    let last: unknown;
    // An attempt that may have had effects leaves the outcome open, whatever the later ones say.
    let open = false;
    for (let retries = 0; ; retries += 1) {
      try {
        const result = await next(sent);
        note(call, "retry", retries === 0 ? "answered" : `answered after ${retries} retries`);
        return result;
      } catch (error) {
        // What a policy refused says less than why the attempt before it failed.
        last = last !== undefined && isRefusal(error) ? last : error;
        const delayMs = delayBefore(retries, error, settings);
        const reason = whyNot(call, error, { settings, retries, delayMs });
        if (reason !== undefined) {
          note(call, "retry", `gave up: ${reason}`);
          if (open || isSilence(call, last)) throw unknownOutcome(call, last, settings);
          throw call.hints.readOnly ? asRead(call, last) : last;
        }
        open ||= isEffectUnknown(call, error);
        note(call, "retry", `again after ${codeOf(error)}`, delayMs);
        await sleep(delayMs, call, clock).catch((gaveUp: unknown) => {
          throw open ? unknownOutcome(call, last, settings) : gaveUp;
        });
        call.trail.retries += 1;
      }
    }
  };

  /** Why this failure ends the call, or undefined if it is tried again. */
  function whyNot(call: Call, error: unknown, { settings, retries, delayMs }: Attempt) {
    if (call.context.signal.aborted) return "cancelled";
    if (!isTransient(error)) return "not a passing failure";
    if (!mayRepeat(call, error, settings)) return "it may have had effects";
    if (retries >= settings.retries) return "no retries left";
    if (delayMs > settings.maxDelayMs) return "the wait is too long";
    if (delayMs >= timeLeft(call.context, clock)) return "the deadline is nearer than the wait";
    if (!budget.spend(call.server)) return "the retry budget of the server is spent";
    return undefined;
  }

  function delayBefore(retries: number, error: unknown, { baseMs }: RetrySettings): number {
    const usual = baseMs * 2 ** retries * jitter();
    if (!isTrestleError(error)) return usual;
    if (error.retryAfterMs !== undefined && error.retryAfterMs > 0) {
      return Math.max(error.retryAfterMs, RECONNECT_MS);
    }
    // Asked to slow down without being told for how long.
    if (error.code === "rate_limited") return usual * 2;
    return retries === 0 && isLost(error) ? Math.min(usual, RECONNECT_MS * jitter()) : usual;
  }

  function jitter(): number {
    return 1 - JITTER + random() * 2 * JITTER;
  }
}

interface Attempt {
  readonly settings: RetrySettings;
  readonly retries: number;
  readonly delayMs: number;
}

function mayRepeat(call: Call, error: unknown, { idempotent }: RetrySettings): boolean {
  return call.hints.readOnly || isUnsent(error) || isTurnedAway(error) || idempotent;
}

/** The upstream said that it is too much for now: it has not done the thing. */
function isTurnedAway(error: unknown): boolean {
  return isTrestleError(error) && error.code === "rate_limited";
}

/** A read has no outcome that could be unknown: there was only no answer. */
function asRead(call: Call, error: unknown): unknown {
  if (!isTrestleError(error) || error.code !== "outcome_unknown") return error;
  const { reason = messageOf(error) } = error.details ?? {};
  return new TrestleError(
    "unavailable",
    `${nameOf(call)} got no answer: upstream "${call.server}" ${reason}. It only reads, so it may be tried again.`,
    { details: { ...error.details, upstream: call.server, tool: call.tool }, cause: error },
  );
}

/** The connection broke: no server said so, and none asked to wait. */
function isLost({ code, details }: TrestleError): boolean {
  if (code !== "unavailable" && code !== "outcome_unknown") return false;
  return typeof details?.status !== "number";
}

/** A protocol error is told as it came; all else that leaves a write open is told as that. */
function isSilence(call: Call, error: unknown): boolean {
  return isTrestleError(error) && error.code !== "internal" && isEffectUnknown(call, error);
}

/** The caller's own key, or one that all attempts of this call share. */
function withIdempotencyKey(call: Call): Call {
  if (call.hints.readOnly) return call;
  const meta = isJsonObject(call.params._meta) ? call.params._meta : {};
  if (meta[TRESTLE_META.idempotencyKey] !== undefined) return call;
  const key = { [TRESTLE_META.idempotencyKey]: call.executionId };
  return { ...call, params: { ...call.params, _meta: { ...meta, ...key } } };
}

function unknownOutcome(call: Call, error: unknown, { checkWith }: RetrySettings): TrestleError {
  const known: JsonObject = (isTrestleError(error) ? error.details : undefined) ?? {};
  const check = checkWith === undefined ? "a read" : `"${checkWith}"`;
  // A timeout's own message ends with the advice that this one ends with.
  const { waitedMs } = known;
  const reason = typeof waitedMs === "number" ? tellSilence(call, waitedMs) : messageOf(error);
  return new TrestleError(
    "outcome_unknown",
    `${nameOf(call)} may or may not have taken effect: ${reason} Check with ${check} before you repeat it.`,
    {
      retryable: false,
      details: {
        ...known,
        upstream: call.server,
        tool: call.tool,
        sent: true,
        outcomeUnknown: true,
        reason: codeOf(error),
        ...(checkWith === undefined ? {} : { checkWith }),
      },
      cause: error,
    },
  );
}

function codeOf(error: unknown): string {
  return isTrestleError(error) ? error.code : "error";
}
