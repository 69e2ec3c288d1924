import type { Clock, Logger } from "@trestle/protocol";
import { backoffDelay } from "../backoff.ts";
import { readEvents } from "../sse/read-events.ts";
import type { Exchange } from "./exchange.ts";

const PACE = { firstMs: 1_000, maxMs: 30_000 };
const MAX_RESUMES = 5;

export interface ServerStreamOptions {
  readonly exchange: Exchange;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  headers(): Record<string, string>;
  onMessage(text: string): void;
}

interface Resume {
  readonly lastEventId: string;
  readonly retryMs: number | undefined;
  readonly signal: AbortSignal;
}

/** The legacy era's GET stream: what the server sends of its own accord, and what it still owes after a closed stream. */
export interface ServerStream {
  /** Keeps one stream open, opened anew when it ends; ends any older one. */
  open(): void;
  /** Continues a closed answer stream behind an event, until `onMessage` wants no more. */
  resume(from: Resume, onMessage: (text: string) => boolean): Promise<void>;
}

export function createServerStream(options: ServerStreamOptions): ServerStream {
  const { clock, log, random } = options;
  let current: AbortController | undefined;

  async function keepOpen(signal: AbortSignal): Promise<void> {
    let lastEventId: string | undefined;
    for (let failures = 0; !signal.aborted; ) {
      let retryMs: number | undefined;
      const outcome = await readOnce(lastEventId, signal, {
        onEvent({ id, data }) {
          lastEventId = id ?? lastEventId;
          failures = 0;
          if (data !== "") options.onMessage(data);
        },
        onRetry(ms) {
          retryMs = ms;
        },
      });
      if (outcome === "refused") return;
      const delay = retryMs ?? backoffDelay(failures, { ...PACE, random });
      failures += 1;
      await pause(clock, delay, signal);
    }
  }

  /** One GET, to the end of its stream. A refusal is the server's right: it has nothing to send. */
  async function readOnce(
    lastEventId: string | undefined,
    signal: AbortSignal,
    reader: Parameters<typeof readEvents>[1],
  ): Promise<"ended" | "refused"> {
    const headers: Record<string, string> = { ...options.headers(), accept: "text/event-stream" };
    if (lastEventId !== undefined) headers["last-event-id"] = lastEventId;
    try {
      const { exchange } = options;
      const answer = await exchange.send(exchange.url, { method: "GET", headers, signal });
      if (answer.status !== 200) {
        answer.stream.resume();
        return answer.status >= 500 ? "ended" : "refused";
      }
      await readEvents(answer.stream, reader);
    } catch (error) {
      if (!signal.aborted) log.debug("event stream broke off", { error: String(error) });
    }
    return "ended";
  }

  return {
    open() {
      current?.abort();
      current = new AbortController();
      const signal = AbortSignal.any([current.signal, options.signal]);
      keepOpen(signal).catch((error) =>
        log.warn("event stream given up", { error: String(error) }),
      );
    },
    async resume({ lastEventId, retryMs, signal }, onMessage) {
      let last = lastEventId;
      let delay = retryMs ?? PACE.firstMs;
      let wanted = true;
      for (let attempt = 0; wanted && attempt < MAX_RESUMES && !signal.aborted; attempt += 1) {
        await pause(clock, delay, signal);
        const done = new AbortController();
        const outcome = await readOnce(last, AbortSignal.any([signal, done.signal]), {
          onEvent({ id, data }) {
            last = id ?? last;
            if (data !== "") wanted = onMessage(data);
            if (!wanted) done.abort();
          },
          onRetry(ms) {
            delay = ms;
          },
        });
        if (outcome === "refused") return;
      }
    },
  };
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const cancel = clock.after(ms, done);
    function done() {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
