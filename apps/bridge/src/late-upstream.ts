import { type Clock, messageOf, TrestleError } from "@trestle/protocol";
import type { Upstream, UpstreamEvent } from "@trestle/upstream";

export interface LateUpstreamParts {
  readonly id: string;
  readonly kind: Upstream["kind"];
  readonly clock: Clock;
  /** Rejects where what it needs cannot be had; it is asked again with the next request. */
  readonly make: () => Promise<Upstream>;
}

/** An upstream that is made when something first asks for it: what it needs to know is costly or private. */
export function createLateUpstream({ id, kind, clock, make }: LateUpstreamParts): Upstream {
  const listeners = new Set<(event: UpstreamEvent) => void>();
  let upstream: Upstream | undefined;
  let making: Promise<Upstream> | undefined;
  let lastError: string | undefined;
  let since = clock.now();
  let closed = false;

  async function open(): Promise<Upstream> {
    try {
      const made = await make();
      if (closed) {
        await made.close();
        throw new Error("it is closed");
      }
      made.subscribe((event) => {
        for (const listener of [...listeners]) listener(event);
      });
      upstream = made;
      return made;
    } catch (error) {
      lastError = messageOf(error);
      throw new TrestleError("unavailable", `Upstream "${id}" cannot be started: ${lastError}`, {
        details: { upstream: id, sent: false },
        retryable: false,
      });
    } finally {
      since = clock.now();
      making = undefined;
    }
  }

  function get(signal?: AbortSignal): Promise<Upstream> {
    if (upstream) return Promise.resolve(upstream);
    making ??= open();
    return signal ? unlessAborted(making, id, signal) : making;
  }

  return {
    id,
    kind,
    ready: async (signal) => (await get(signal)).ready(signal),
    request: async (method, params, context) =>
      (await get(context.signal)).request(method, params, context),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    health() {
      if (upstream) return upstream.health();
      const state = making ? "starting" : lastError === undefined ? "idle" : "failed";
      return {
        state,
        since,
        restarts: 0,
        stderr: [],
        ...(lastError !== undefined && { lastError }),
      };
    },
    rest: () => upstream?.rest(),
    async close() {
      closed = true;
      await making?.catch(() => {});
      await upstream?.close();
    },
  };
}

/** What is being made goes on for whoever else waits. */
function unlessAborted<Made>(made: Promise<Made>, id: string, signal: AbortSignal): Promise<Made> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void =>
    aborted.reject(
      new TrestleError("cancelled", `The call gave up before upstream "${id}" had started.`, {
        details: { upstream: id, sent: false },
      }),
    );
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  const first = Promise.race([made, aborted.promise]);
  return first.finally(() => signal.removeEventListener("abort", abort));
}
