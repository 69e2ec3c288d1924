import { type Clock, type JsonObject, type Logger, messageOf } from "@trestle/protocol";
import { attributesOf } from "./attributes.ts";
import type { TracesMessage } from "./otlp-traces.ts";
import { post } from "./post.ts";
import type { TracedCall } from "./spans.ts";

export interface OtlpParts {
  /** Without the path: `http://127.0.0.1:4318`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Who tells: `service.name` and the like. */
  readonly resource: Readonly<Record<string, string | number>>;
  readonly everyMs: number;
  readonly traces: TracesMessage;
  /** All metrics as they are now; nothing where none are told. */
  readonly metrics?: (() => JsonObject[]) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tells a collector, in batches. Nothing is sent while nothing happens. */
export interface OtlpExporter {
  /** Something happened: it is told with the next batch. */
  wake(): void;
  take(call: TracedCall): void;
  /** Sends what there is, for two seconds at most. */
  close(): Promise<void>;
}

/** While the collector takes nothing, so many calls wait, with about ten spans each. */
const MOST_CALLS = 2_000;
/** So many are sent together, and do not wait. */
const BATCH = 256;
const TIMEOUT_MS = 10_000;
const CLOSE_MS = 2_000;

export function createOtlpExporter(parts: OtlpParts): OtlpExporter {
  const { clock, log, everyMs } = parts;
  const stopped = new AbortController();
  let calls: TracedCall[] = [];
  let cancel: (() => void) | undefined;
  let sending: Promise<void> | undefined;
  let isFailing = false;
  let lost = 0;
  let hasNews = false;

  function wake(): void {
    hasNews = true;
    plan();
  }

  function plan(): void {
    cancel ??= clock.after(everyMs, () => {
      cancel = undefined;
      void flush(sendAll);
    });
  }

  /** One after the other: what comes meanwhile is for the next time. */
  function flush(send: () => Promise<void>): Promise<void> {
    sending ??= trySending(send).finally(() => {
      sending = undefined;
      if (calls.length > 0) goOn();
    });
    return sending;
  }

  function goOn(): void {
    if (stopped.signal.aborted) return;
    if (calls.length < BATCH || isFailing) plan();
    else void flush(() => sendCalls(BATCH));
  }

  async function trySending(send: () => Promise<void>): Promise<void> {
    try {
      await send();
      isFailing = false;
    } catch (error) {
      // Told once: a collector may be away for long.
      if (!isFailing) log.warn("telemetry is not taken", { error: messageOf(error), lost });
      isFailing = true;
    }
  }

  async function sendAll(): Promise<void> {
    if (hasNews && parts.metrics) {
      hasNews = false;
      await tell("metrics", metricsBody(parts.resource, parts.metrics()));
    }
    await sendCalls(calls.length);
  }

  async function sendCalls(count: number): Promise<void> {
    for (let left = Math.min(count, calls.length); left > 0; left -= BATCH) {
      const batch = calls.splice(0, Math.min(left, BATCH));
      try {
        await tell("traces", parts.traces(batch));
      } catch (error) {
        calls = [...batch, ...calls];
        throw error;
      }
    }
  }

  async function tell(kind: "traces" | "metrics", body: string | Uint8Array): Promise<void> {
    const late = new AbortController();
    const stop = clock.after(TIMEOUT_MS, () => late.abort(new Error("no answer in time")));
    try {
      const status = await post(`${parts.endpoint.replace(/\/$/, "")}/v1/${kind}`, {
        headers: { ...parts.headers, "content-type": CONTENT_TYPES[kind] },
        body,
        signal: AbortSignal.any([late.signal, stopped.signal]),
      });
      if (status >= 200 && status < 300) return;
      if (status === 429 || status >= 500) throw new Error(`answered ${status}`);
      // It will never take these: keeping them would hold up all that come after.
      log.warn("telemetry is refused", { kind, status });
    } finally {
      stop();
    }
  }

  return {
    wake,
    take(call) {
      calls.push(call);
      // A tenth at once: moving the others is not for every call.
      if (calls.length > MOST_CALLS) lost += calls.splice(0, MOST_CALLS / 10).length;
      wake();
      if (calls.length >= BATCH && sending === undefined) goOn();
    },
    async close() {
      cancel?.();
      cancel = () => {};
      const stop = clock.after(CLOSE_MS, () => stopped.abort(new Error("the bridge stops")));
      await sending;
      await flush(sendAll);
      stop();
      stopped.abort(new Error("the bridge stops"));
    },
  };
}

/** OTLP over HTTP takes both: what is sent often is sent small. */
const CONTENT_TYPES = { traces: "application/x-protobuf", metrics: "application/json" } as const;

const SCOPE = { name: "trestle" };

function metricsBody(resource: OtlpParts["resource"], metrics: JsonObject[]): string {
  const scopeMetrics = [{ scope: SCOPE, metrics }];
  return JSON.stringify({
    resourceMetrics: [{ resource: { attributes: attributesOf(resource) }, scopeMetrics }],
  });
}
