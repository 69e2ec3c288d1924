import { type Clock, type JsonObject, type Logger, messageOf } from "@trestle/protocol";
import { attributesOf } from "./attributes.ts";
import type { Span } from "./spans.ts";

export interface OtlpParts {
  /** Without the path: `http://127.0.0.1:4318`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Who tells: `service.name` and the like. */
  readonly resource: Readonly<Record<string, string | number>>;
  readonly everyMs: number;
  /** All metrics as they are now; nothing where none are told. */
  readonly metrics?: (() => JsonObject[]) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tells a collector, in batches. Nothing is sent while nothing happens. */
export interface OtlpExporter {
  /** Something happened: it is told with the next batch. */
  wake(): void;
  take(spans: readonly Span[]): void;
  /** Sends what there is, for two seconds at most. */
  close(): Promise<void>;
}

/** While the collector takes nothing, so many spans wait; the oldest of more are lost. */
const MOST_SPANS = 10_000;
const BATCH = 500;
const TIMEOUT_MS = 10_000;
const CLOSE_MS = 2_000;

export function createOtlpExporter(parts: OtlpParts): OtlpExporter {
  const { clock, log, everyMs } = parts;
  const stopped = new AbortController();
  const spans: Span[] = [];
  let cancel: (() => void) | undefined;
  let sending: Promise<void> | undefined;
  let isFailing = false;
  let lost = 0;
  let hasNews = false;

  function wake(): void {
    hasNews = true;
    cancel ??= clock.after(everyMs, () => {
      cancel = undefined;
      void flush();
    });
  }

  function flush(): Promise<void> {
    sending ??= sendAll().finally(() => {
      sending = undefined;
      if (spans.length > 0 && !stopped.signal.aborted) wake();
    });
    return sending;
  }

  async function sendAll(): Promise<void> {
    try {
      if (hasNews && parts.metrics) {
        hasNews = false;
        await post("metrics", metricsBody(parts.resource, parts.metrics()));
      }
      while (spans.length > 0) {
        const batch = spans.slice(0, BATCH);
        await post("traces", tracesBody(parts.resource, batch));
        spans.splice(0, batch.length);
      }
      isFailing = false;
    } catch (error) {
      // Told once: a collector may be away for long.
      if (!isFailing) log.warn("telemetry is not taken", { error: messageOf(error), lost });
      isFailing = true;
    }
  }

  async function post(kind: "traces" | "metrics", body: JsonObject): Promise<void> {
    const late = new AbortController();
    const stop = clock.after(TIMEOUT_MS, () => late.abort(new Error("no answer in time")));
    try {
      const response = await fetch(`${parts.endpoint.replace(/\/$/, "")}/v1/${kind}`, {
        method: "POST",
        headers: { ...parts.headers, "content-type": "application/json" },
        body: JSON.stringify(body),
        redirect: "error",
        signal: AbortSignal.any([late.signal, stopped.signal]),
      });
      await response.arrayBuffer();
      if (response.ok) return;
      const mayPass = response.status === 429 || response.status >= 500;
      if (mayPass) throw new Error(`answered ${response.status}`);
      // It will never take these: keeping them would hold up all that come after.
      log.warn("telemetry is refused", { kind, status: response.status });
    } finally {
      stop();
    }
  }

  return {
    wake,
    take(more) {
      spans.push(...more);
      const over = spans.length - MOST_SPANS;
      if (over > 0 && sending === undefined) {
        spans.splice(0, over);
        lost += over;
      }
      wake();
    },
    async close() {
      cancel?.();
      cancel = () => {};
      const stop = clock.after(CLOSE_MS, () => stopped.abort(new Error("the bridge stops")));
      await sending;
      await flush();
      stop();
      stopped.abort(new Error("the bridge stops"));
    },
  };
}

const SCOPE = { name: "trestle" };

function tracesBody(resource: OtlpParts["resource"], spans: readonly Span[]): JsonObject {
  const scopeSpans = [{ scope: SCOPE, spans: [...spans] }];
  return { resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans }] };
}

function metricsBody(resource: OtlpParts["resource"], metrics: JsonObject[]): JsonObject {
  const scopeMetrics = [{ scope: SCOPE, metrics }];
  return { resourceMetrics: [{ resource: { attributes: attributesOf(resource) }, scopeMetrics }] };
}
