import { type Clock, isTrestleError, type RequestContext, TrestleError } from "@trestle/protocol";
import { type Call, nameOf } from "./call.ts";

/** Longer timers fire at once in Node. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls `onGivenUp` once, when the caller cancels or its deadline passes. Returns the function that
 * stops watching. A deadline may move later meanwhile: it is read anew when the timer fires.
 */
export function watchCaller(
  call: Call,
  clock: Clock,
  onGivenUp: (error: TrestleError) => void,
): () => void {
  const { context } = call;
  let cancelTimer = (): void => {};

  function stop(): void {
    cancelTimer();
    context.signal.removeEventListener("abort", abort);
  }
  function giveUp(error: TrestleError): void {
    stop();
    onGivenUp(error);
  }
  function abort(): void {
    giveUp(cancelled(call));
  }
  function arm(): void {
    const left = timeLeft(context, clock);
    if (left === Number.POSITIVE_INFINITY) return;
    if (left <= 0) giveUp(deadlinePassed(call));
    else cancelTimer = clock.after(Math.min(left, LONGEST_TIMER_MS), arm);
  }

  if (context.signal.aborted) abort();
  else {
    context.signal.addEventListener("abort", abort, { once: true });
    arm();
  }
  return stop;
}

/** What `work` comes to, or the caller's own giving up, which does not end the work. */
export function waitFor<T>(work: Promise<T>, call: Call, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = watchCaller(call, clock, reject);
    work.then(resolve, reject).finally(stop);
  });
}

/** Waits, unless the caller gives up first. */
export function sleep(ms: number, call: Call, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      stop();
      resolve();
    });
    const stop = watchCaller(call, clock, (error) => {
      cancel();
      reject(error);
    });
  });
}

/** Milliseconds until nobody waits any more. */
export function timeLeft({ deadline }: RequestContext, clock: Clock): number {
  return deadline === undefined ? Number.POSITIVE_INFINITY : deadline - clock.now();
}

function cancelled(call: Call): TrestleError {
  const { reason } = call.context.signal;
  if (isTrestleError(reason)) return reason;
  return new TrestleError("cancelled", `The call of ${nameOf(call)} was cancelled by its caller.`, {
    details: factsOf(call),
    cause: reason,
  });
}

function deadlinePassed(call: Call): TrestleError {
  const unsent = call.trail.attempts === 0;
  const advice = unsent
    ? "It was not sent; try again with more time."
    : "Try again with more time.";
  return new TrestleError(
    "timeout",
    `The deadline of the call of ${nameOf(call)} passed. ${advice}`,
    {
      retryable: unsent || call.hints.readOnly,
      details: { ...factsOf(call), limitedBy: "deadline" },
    },
  );
}

function factsOf(call: Call): { upstream: string; tool: string; sent: boolean } {
  return { upstream: call.server, tool: call.tool, sent: call.trail.attempts > 0 };
}
