import type { Sent } from "./connection.ts";
import type { Failure } from "./failures.ts";
import type { Parts } from "./parts.ts";

const FIRST_MS = 100;
/** R2 takes one write of a key in a second: to come back sooner is to be refused again. */
const FIRST_THROTTLED_MS = 700;
const LONGEST_MS = 10_000;
/** After so long no further attempt is begun, however few there were. */
const GIVE_UP_MS = 90_000;

/** Sends what may be sent twice until it succeeds, cannot succeed, or was sent often enough. */
export async function sendOften<Value>(
  parts: Parts,
  send: () => Promise<Sent<Value>>,
  signal: AbortSignal | undefined,
): Promise<Sent<Value>> {
  const began = parts.clock.now();
  for (let tried = 1; ; tried += 1) {
    const sent = await send();
    if (sent.ok || isEnough(parts, sent.failure, tried, began)) return sent;
    await pauseAfter(parts, sent.failure, tried, signal);
  }
}

/** Is there no sense in another attempt? */
export function isEnough(
  { clock, attempts }: Pick<Parts, "clock" | "attempts">,
  { isPassing }: Pick<Failure, "isPassing">,
  tried: number,
  began: number,
): boolean {
  return !isPassing || tried >= attempts || clock.now() - began > GIVE_UP_MS;
}

/** Waits twice as long each time, with chance in it, so that many do not come back in step. */
export function pauseAfter(
  { clock, random }: Pick<Parts, "clock" | "random">,
  { reason, waitMs }: Pick<Failure, "reason" | "waitMs">,
  tried: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const first = reason === "throttled" ? FIRST_THROTTLED_MS : FIRST_MS;
  const whole = Math.min(LONGEST_MS, first * 2 ** (tried - 1));
  const chosen = Math.round(whole / 2 + (whole / 2) * random());
  return pause(clock, Math.min(LONGEST_MS, Math.max(chosen, waitMs ?? 0)), signal);
}

function pause(clock: Parts["clock"], ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    // Timers of the clock keep no process alive, and somebody waits for this one.
    const awake = setInterval(() => {}, 2 ** 30);
    const end = () => {
      cancel();
      clearInterval(awake);
      signal?.removeEventListener("abort", end);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const cancel = clock.after(ms, end);
    signal?.addEventListener("abort", end, { once: true });
  });
}
