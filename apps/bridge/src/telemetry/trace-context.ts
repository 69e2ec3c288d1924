import { randomBytes } from "node:crypto";
import { isJsonObject, type JsonObject } from "@trestle/protocol";

/** Where a call stands in a trace, by the Trace Context of the W3C. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits each: of the call itself, of what it asks of its server, of whoever called. */
  readonly spanId: string;
  readonly clientSpanId: string;
  readonly parentSpanId?: string;
  readonly isSampled: boolean;
}

interface Parent {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
}

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;

/** What `_meta.traceparent` says; nothing where it is not well made, which is as if it were not there. */
export function parentOf({ _meta: meta }: JsonObject): Parent | undefined {
  const text = isJsonObject(meta) ? meta.traceparent : undefined;
  const [, version, traceId, spanId, flags] =
    TRACEPARENT.exec(typeof text === "string" ? text : "") ?? [];
  if (version === undefined || version === "ff" || traceId === undefined) return undefined;
  if (spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags ?? "", 16) & 1) === 1 };
}

/** A child of `parent`, or the beginning of a trace. */
export function newContext(
  parent: Parent | undefined,
  { isSampled, ids }: { readonly isSampled: boolean; readonly ids: TraceIds },
): TraceContext {
  const own = { spanId: ids.span(), clientSpanId: ids.span() };
  if (!parent) return { traceId: ids.trace(), ...own, isSampled };
  const { traceId, spanId: parentSpanId } = parent;
  return { traceId, ...own, parentSpanId, isSampled: parent.isSampled };
}

/** Makes ids of spans and traces. */
export interface TraceIds {
  span(): string;
  trace(): string;
}

const SPAN_DIGITS = 16;
const TRACE_DIGITS = 32;
/** Random bytes that are fetched at once: fetching costs more than an id. */
const AT_ONCE = 4_096;

export function createTraceIds(): TraceIds {
  let digits = "";
  let used = 0;
  function take(count: number): string {
    if (used + count > digits.length) {
      digits = randomBytes(AT_ONCE).toString("hex");
      used = 0;
    }
    used += count;
    return digits.slice(used - count, used);
  }
  return { span: () => take(SPAN_DIGITS), trace: () => take(TRACE_DIGITS) };
}

/** The request as it goes to the server, which sees itself as a child of what we ask of it. */
export function withTraceparent(params: JsonObject, context: TraceContext): JsonObject {
  const meta = isJsonObject(params._meta) ? params._meta : {};
  const { traceId, clientSpanId, isSampled } = context;
  const traceparent = `00-${traceId}-${clientSpanId}-${isSampled ? "01" : "00"}`;
  return { ...params, _meta: { ...meta, traceparent } };
}
