import {
  type Attempt,
  type Clock,
  type JsonObject,
  type Progress,
  TrestleError,
} from "@trestle/protocol";
import { type Call, note, type Policy } from "./call.ts";
import { createExpiry } from "./expiry.ts";

export interface TimeoutSettings {
  /** Longest silence of one attempt, in milliseconds. Progress starts it anew. */
  readonly attemptMs: number;
  /** Longest attempt, however much progress it reports, in milliseconds. */
  readonly maxMs: number;
}

/**
 * Ends an attempt that takes too long and aborts the upstream's work. Whether the call had effects is
 * then unknown, unless the tool only reads: the error says so.
 */
export function timeout(settingsFor: (call: Call) => TimeoutSettings, clock: Clock): Policy {
  const watch = createExpiry(clock);
  return function timeout(call, next) {
    const { attemptMs, maxMs } = settingsFor(call);
    const startedAt = clock.now();
    let silentSince = startedAt;
    const attempt: Attempt = {};
    const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
    const stop = watch({
      // Read anew each time: the deadline of an attempt that several callers wait for may move.
      end: () => Math.min(silentSince + attemptMs, startedAt + maxMs, deadlineOf(call)),
      onExpired() {
        const waitedMs = clock.now() - startedAt;
        const error = timeoutError(call, { waitedMs, limitedBy: limitOf(call, clock) });
        note(call, "timeout", "expired", waitedMs);
        reject(error);
        end(attempt, error);
      },
    });
    const extend = (): void => {
      silentSince = clock.now();
    };
    next(watched(call, attempt, extend)).then(
      (result) => {
        stop();
        if (attempt.ended === undefined) note(call, "timeout", "answered", clock.now() - startedAt);
        resolve(result);
      },
      (error) => {
        stop();
        reject(error);
      },
    );
    return promise;
  };
}

function end(attempt: Attempt, reason: unknown): void {
  attempt.ended = reason;
  attempt.cancel?.(reason);
}

function watched(call: Call, attempt: Attempt, extend: () => void): Call {
  const { onProgress } = call.context;
  const onWatched = (progress: Progress): void => {
    extend();
    onProgress?.(progress);
  };
  return { ...call, context: { ...call.context, attempt, onProgress: onWatched } };
}

function deadlineOf(call: Call): number {
  return call.context.deadline ?? Number.POSITIVE_INFINITY;
}

/** Whether the caller's own deadline ended the attempt, which says nothing of the upstream. */
function limitOf(call: Call, clock: Clock): Expiry["limitedBy"] {
  return clock.now() >= deadlineOf(call) ? "deadline" : "attempt";
}

interface Expiry {
  readonly waitedMs: number;
  readonly limitedBy: "deadline" | "attempt";
}

function timeoutError(call: Call, { waitedMs, limitedBy }: Expiry): TrestleError {
  const waited = `${call.server} did not answer ${call.tool} within ${Math.round(waitedMs)} ms`;
  const advice = call.hints.readOnly
    ? "Try again, or raise policy.timeout for this server."
    : "The call may have had effects: check with a read before you repeat it.";
  return new TrestleError("timeout", `${waited}. ${advice}`, {
    retryable: call.hints.readOnly,
    details: {
      upstream: call.server,
      tool: call.tool,
      waitedMs,
      limitedBy,
      outcomeUnknown: !call.hints.readOnly,
    },
  });
}
