import {
  type Attempt,
  type Clock,
  type JsonObject,
  type Progress,
  type RequestContext,
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
    const asking = call.context.askClient && createAsking(call.context.askClient, clock);
    const attempt: Attempt = {};
    const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
    const stop = watch({
      // Read anew each time: the deadline of an attempt that several callers wait for may move.
      end() {
        if (asking?.isOpen()) silentSince = clock.now();
        const longest = Math.min(startedAt + maxMs, deadlineOf(call)) + askedMs(asking);
        return Math.min(silentSince + attemptMs, longest);
      },
      onExpired() {
        const waitedMs = clock.now() - startedAt - askedMs(asking);
        const isLate = clock.now() >= deadlineOf(call) + askedMs(asking);
        const limitedBy = isLate ? "deadline" : "attempt";
        const error = timeoutError(call, { waitedMs, limitedBy });
        note(call, "timeout", "expired", waitedMs);
        reject(error);
        end(attempt, error);
      },
    });
    const extend = (): void => {
      silentSince = clock.now();
    };
    const sent = watched(call, attempt, extend);
    next(asking ? askedThrough(asking, sent, extend) : sent).then(
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

/** How long a call's user was asked: that time is nobody's silence. Whoever asks bounds it. */
interface Asking {
  isOpen(): boolean;
  ms(): number;
  ask(method: string, params: JsonObject): Promise<JsonObject>;
}

function createAsking(askClient: NonNullable<RequestContext["askClient"]>, clock: Clock): Asking {
  let open = 0;
  let openSince = 0;
  let closedMs = 0;
  const ms = (): number => closedMs + (open > 0 ? clock.now() - openSince : 0);
  return {
    isOpen: () => open > 0,
    ms,
    async ask(method, params) {
      if (open === 0) openSince = clock.now();
      open += 1;
      try {
        return await askClient(method, params);
      } finally {
        if (open === 1) closedMs = ms();
        open -= 1;
      }
    },
  };
}

function askedMs(asking: Asking | undefined): number {
  return asking?.ms() ?? 0;
}

/** With the answer the server's turn begins anew. */
function askedThrough(asking: Asking, call: Call, extend: () => void): Call {
  const askClient = (method: string, params: JsonObject): Promise<JsonObject> =>
    asking.ask(method, params).finally(extend);
  return { ...call, context: { ...call.context, askClient } };
}

function deadlineOf(call: Call): number {
  return call.context.deadline ?? Number.POSITIVE_INFINITY;
}

interface Expiry {
  readonly waitedMs: number;
  /** Whether the caller's own deadline ended the attempt, which says nothing of the upstream. */
  readonly limitedBy: "deadline" | "attempt";
}

function timeoutError(call: Call, { waitedMs, limitedBy }: Expiry): TrestleError {
  const advice = call.hints.readOnly
    ? "Try again, or raise policy.timeout for this server."
    : "The call may have had effects: check with a read before you repeat it.";
  return new TrestleError("timeout", `${tellSilence(call, waitedMs)} ${advice}`, {
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

/** What is known of a call that was given up, without advice. */
export function tellSilence(call: Call, waitedMs: number): string {
  return `${call.server} did not answer ${call.tool} within ${Math.round(waitedMs)} ms.`;
}
