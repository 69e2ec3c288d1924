import type { HistoryRow } from "@trestle/policy";
import type { JsonObject } from "@trestle/protocol";
import { attributesOf } from "./attributes.ts";
import { outcomeOf } from "./call-counts.ts";
import type { TraceContext, TraceIds } from "./trace-context.ts";

/** A span as OTLP writes it in JSON. */
export type Span = JsonObject;

/** What the spans of a call are made of, when they are sent: most of their size is the same in all of them. */
export interface TracedCall
  extends Pick<
    HistoryRow,
    | "executionId"
    | "server"
    | "tool"
    | "principal"
    | "client"
    | "startedAt"
    | "durationMs"
    | "outcome"
    | "errorCode"
    | "attempts"
    | "cached"
    | "fallbackUsed"
    | "stages"
  > {
  readonly context: TraceContext;
}

const [INTERNAL, SERVER, CLIENT] = [1, 2, 3];
const STATUS_ERROR = 2;
/** Under this name the innermost policy notes what the server was asked. */
const UPSTREAM = "upstream";
const METHOD = "tools/call";

/** Of an execution only what spans tell: neither arguments nor messages wait in memory to be sent. */
export function tracedCall(row: HistoryRow, context: TraceContext): TracedCall {
  return {
    executionId: row.executionId,
    server: row.server,
    tool: row.tool,
    principal: row.principal,
    client: row.client,
    startedAt: row.startedAt,
    durationMs: row.durationMs,
    outcome: row.outcome,
    errorCode: row.errorCode,
    attempts: row.attempts,
    cached: row.cached,
    fallbackUsed: row.fallbackUsed,
    stages: row.stages,
    context,
  };
}

/**
 * The spans of one call, named by the conventions for MCP: the call itself, each policy that decided, and
 * what was asked of the server, all attempts together. Without arguments and results.
 */
export function spansOf(call: TracedCall, ids: TraceIds): Span[] {
  const { context, startedAt, durationMs, stages = [] } = call;
  const spans = [ownSpan(call)];
  let asked: { readonly from: number; to: number } | undefined;
  for (const { policy, decision, ms, at = 0 } of stages) {
    const to = Math.min(at, durationMs);
    const from = Math.max(0, to - ms);
    if (policy === UPSTREAM) {
      asked ??= { from, to };
      asked.to = to;
      continue;
    }
    spans.push({
      traceId: context.traceId,
      spanId: ids.span(),
      parentSpanId: context.spanId,
      name: `policy ${policy}`,
      kind: INTERNAL,
      startTimeUnixNano: nanoseconds(startedAt + from),
      endTimeUnixNano: nanoseconds(startedAt + to),
      attributes: attributesOf({ "trestle.decision": decision }),
    });
  }
  if (asked !== undefined) spans.push(clientSpan(call, asked));
  return spans;
}

function ownSpan(call: TracedCall): Span {
  const { traceId, spanId, parentSpanId } = call.context;
  return {
    traceId,
    spanId,
    parentSpanId,
    name: `${METHOD} ${call.tool}`,
    kind: SERVER,
    startTimeUnixNano: nanoseconds(call.startedAt),
    endTimeUnixNano: nanoseconds(call.startedAt + call.durationMs),
    status: statusOf(call),
    attributes: attributesOf({
      "mcp.method.name": METHOD,
      "gen_ai.tool.name": call.tool,
      "trestle.server": call.server,
      "error.type": errorTypeOf(call),
      "gen_ai.operation.name": "execute_tool",
      "trestle.execution_id": call.executionId,
      "trestle.principal": call.principal,
      "trestle.client": call.client,
      "trestle.cached": call.cached,
      "trestle.fallback_used": call.fallbackUsed,
      "trestle.attempts": call.attempts,
    }),
  };
}

function clientSpan(call: TracedCall, { from, to }: { from: number; to: number }): Span {
  const { traceId, spanId, clientSpanId } = call.context;
  return {
    traceId,
    spanId: clientSpanId,
    parentSpanId: spanId,
    name: `${METHOD} ${call.tool}`,
    kind: CLIENT,
    startTimeUnixNano: nanoseconds(call.startedAt + from),
    endTimeUnixNano: nanoseconds(call.startedAt + to),
    status: statusOf(call),
    attributes: attributesOf({
      "mcp.method.name": METHOD,
      "gen_ai.tool.name": call.tool,
      "trestle.server": call.server,
      "error.type": errorTypeOf(call),
      "trestle.attempts": call.attempts,
    }),
  };
}

function errorTypeOf(call: TracedCall): string | undefined {
  const outcome = outcomeOf(call);
  return outcome === "success" ? undefined : outcome;
}

/** What went wrong may hold what was asked: its code is enough, and `trestle why` tells the rest. */
function statusOf(call: TracedCall): JsonObject | undefined {
  const message = errorTypeOf(call);
  return message === undefined ? undefined : { code: STATUS_ERROR, message };
}

/** Of epoch milliseconds, as text: no double holds them, but one holds their microseconds. */
export function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1_000)}000`;
}
