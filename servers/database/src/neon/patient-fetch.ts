import type { Clock } from "@trestle/protocol";

const TRIES = 4;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
/** Statuses after which Neon says the same request may be sent again. */
const PASSING = new Set([423, 429, 503]);
/** Looks at operations, pages of lists, connection strings: what the SDK asks for without retries of its own. */
const ASKED_ONCE = /\/(operations(\/[^/]+)?|projects|branches|connection_uri)$/;

/**
 * A fetch that asks again where the SDK does not. Without it one 429 while it waits for an operation
 * would make a change that has happened look like one that failed.
 */
export function createPatientFetch(clock: Clock, send: typeof fetch = fetch): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const repeatable = request.method === "GET" && ASKED_ONCE.test(new URL(request.url).pathname);
    for (let tried = 1; ; tried += 1) {
      const last = !repeatable || tried === TRIES;
      const response = await attempt(() => send(request.clone()), last);
      const waitMs = response ? wantedWait(response, tried) : FIRST_WAIT_MS * 2 ** tried;
      const passing = response === undefined || PASSING.has(response.status);
      if (response && (last || !passing || waitMs > LONGEST_WAIT_MS)) return response;
      void response?.body?.cancel().catch(() => {});
      await pause(clock, waitMs, request.signal);
    }
  };
}

/** Undefined where there was no answer and another attempt follows. */
async function attempt(
  send: () => Promise<Response>,
  last: boolean,
): Promise<Response | undefined> {
  try {
    return await send();
  } catch (error) {
    if (last || (error instanceof Error && error.name === "AbortError")) throw error;
    return undefined;
  }
}

function wantedWait(response: Response, tried: number): number {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1_000 : FIRST_WAIT_MS * 2 ** tried;
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}
