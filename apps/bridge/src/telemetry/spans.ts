import type { HistoryRow } from "@trestle/policy";
import { outcomeOf } from "./call-counts.ts";
import type { TraceContext, TraceIds } from "./trace-context.ts";

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
 * The spans of one call as OTLP writes them in JSON, separated by commas, named by the conventions for MCP: the call
 * itself, each policy that decided, and what was asked of the server, all attempts together. Without arguments and
 * results. Written as text at once: made of objects, they would cost a call more than all of its policies.
 */
export function writeSpans(call: TracedCall, ids: TraceIds): string {
  const { context, startedAt, durationMs, stages = [] } = call;
  const outcome = outcomeAttributes(call);
  const beginning = `,{"traceId":"${context.traceId}","parentSpanId":"${context.spanId}","kind":${INTERNAL},"spanId":"`;
  let spans = ownSpan(call, outcome);
  let asked: Period | undefined;
  for (const { policy, decision, ms, at = 0 } of stages) {
    const to = Math.min(at, durationMs);
    const from = Math.max(0, to - ms);
    if (policy === UPSTREAM) {
      asked = { from: asked?.from ?? from, to };
      continue;
    }
    const attributes = `"attributes":[${attribute("trestle.decision", quote(decision))}]`;
    const period = periodOf(startedAt, { from, to });
    spans += `${beginning}${ids.span()}","name":${quote(`policy ${policy}`)},${period},${attributes}}`;
  }
  return asked === undefined ? spans : `${spans},${clientSpan(call, outcome, asked)}`;
}

/** Milliseconds since the call began. */
interface Period {
  readonly from: number;
  readonly to: number;
}

function ownSpan(call: TracedCall, outcome: string): string {
  const { traceId, spanId, parentSpanId } = call.context;
  const parent = parentSpanId === undefined ? "" : `"parentSpanId":"${parentSpanId}",`;
  const attributes = [
    outcome,
    attribute("gen_ai.operation.name", '"execute_tool"'),
    attribute("trestle.execution_id", quote(call.executionId)),
    attribute("trestle.principal", quote(call.principal)),
    ...(call.client === undefined ? [] : [attribute("trestle.client", quote(call.client))]),
    booleanAttribute("trestle.cached", call.cached),
    booleanAttribute("trestle.fallback_used", call.fallbackUsed),
  ].join(",");
  const period = periodOf(call.startedAt, { from: 0, to: call.durationMs });
  return `{"traceId":"${traceId}","spanId":"${spanId}",${parent}${namesOf(call, SERVER)},${period},"attributes":[${attributes}]}`;
}

function clientSpan(call: TracedCall, outcome: string, asked: Period): string {
  const { traceId, spanId, clientSpanId } = call.context;
  const period = periodOf(call.startedAt, asked);
  return `{"traceId":"${traceId}","spanId":"${clientSpanId}","parentSpanId":"${spanId}",${namesOf(call, CLIENT)},${period},"attributes":[${outcome}]}`;
}

/** What went wrong may hold what was asked: its code is enough, and `trestle why` tells the rest. */
function namesOf(call: TracedCall, kind: number): string {
  const failure = errorTypeOf(call);
  const status =
    failure === undefined ? "" : `,"status":{"code":${STATUS_ERROR},"message":${quote(failure)}}`;
  return `"name":${quote(`${METHOD} ${call.tool}`)},"kind":${kind}${status}`;
}

/** What the call's own span and that of its server say alike. */
function outcomeAttributes(call: TracedCall): string {
  const failure = errorTypeOf(call);
  return [
    attribute("mcp.method.name", quote(METHOD)),
    attribute("gen_ai.tool.name", quote(call.tool)),
    attribute("trestle.server", quote(call.server)),
    ...(failure === undefined ? [] : [attribute("error.type", quote(failure))]),
    `{"key":"trestle.attempts","value":{"intValue":"${call.attempts}"}}`,
  ].join(",");
}

const quote = (text: string): string => JSON.stringify(text);

/** `value`: a string, as JSON has it. */
const attribute = (key: string, value: string): string =>
  `{"key":"${key}","value":{"stringValue":${value}}}`;

const booleanAttribute = (key: string, value: boolean): string =>
  `{"key":"${key}","value":{"boolValue":${value}}}`;

function errorTypeOf(call: TracedCall): string | undefined {
  const outcome = outcomeOf(call);
  return outcome === "success" ? undefined : outcome;
}

function periodOf(startedAt: number, { from, to }: Period): string {
  return `"startTimeUnixNano":"${nanoseconds(startedAt + from)}","endTimeUnixNano":"${nanoseconds(startedAt + to)}"`;
}

/** Of epoch milliseconds, as text: no double holds them, but one holds their microseconds. */
export function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1_000)}000`;
}
