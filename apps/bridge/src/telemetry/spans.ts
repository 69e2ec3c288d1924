import type { HistoryRow } from "@trestle/policy";
import { outcomeOf } from "./call-counts.ts";
import { fieldsOf, type ProtobufWriter } from "./protobuf.ts";
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

/** Numbers of fields, from trace.proto and common.proto of OpenTelemetry. */
const SPANS = 2;
const SPAN = {
  ...{ traceId: 1, spanId: 2, parentSpanId: 4, name: 5, kind: 6 },
  ...{ from: 7, to: 8, attributes: 9, status: 15 },
} as const;
const STATUS = { message: 2, code: 3 } as const;
const ATTRIBUTE = { key: 1, value: 2 } as const;
const VALUE = { text: 1, isTrue: 2, integer: 3 } as const;

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
 * Writes the spans of one call as fields of `ScopeSpans`, named by the conventions for MCP: the call itself, each policy
 * that decided, and what was asked of the server, all attempts together. Without arguments and results.
 */
export type WriteSpans = (call: TracedCall) => void;

export function createWriteSpans(writer: ProtobufWriter, ids: TraceIds): WriteSpans {
  const decisions = createDecisions();

  /** From `from` to `to`: milliseconds since the call began. */
  function begin(call: TracedCall, spanId: string, { from, to }: Period): number {
    const span = writer.begin(SPANS);
    writer.hex(SPAN.traceId, call.context.traceId);
    writer.hex(SPAN.spanId, spanId);
    writer.nanoseconds(SPAN.from, microseconds(call.startedAt + from));
    writer.nanoseconds(SPAN.to, microseconds(call.startedAt + to));
    return span;
  }

  function writeOwn(call: TracedCall): void {
    const { context } = call;
    const span = begin(call, context.spanId, { from: 0, to: call.durationMs });
    if (context.parentSpanId !== undefined) writer.hex(SPAN.parentSpanId, context.parentSpanId);
    writer.varint(SPAN.kind, SERVER);
    writeOutcome(writer, call);
    writer.copy(EXECUTE_TOOL);
    writeText(writer, "trestle.execution_id", call.executionId);
    writeText(writer, "trestle.principal", call.principal);
    if (call.client !== undefined) writeText(writer, "trestle.client", call.client);
    writer.copy(call.cached ? CACHED : NOT_CACHED);
    writer.copy(call.fallbackUsed ? FALLBACK : NO_FALLBACK);
    writer.end(span);
  }

  function writePolicy(call: TracedCall, decision: Uint8Array, period: Period): void {
    const span = begin(call, ids.span(), period);
    writer.hex(SPAN.parentSpanId, call.context.spanId);
    writer.copy(decision);
    writer.end(span);
  }

  function writeClient(call: TracedCall, period: Period): void {
    const span = begin(call, call.context.clientSpanId, period);
    writer.hex(SPAN.parentSpanId, call.context.spanId);
    writer.varint(SPAN.kind, CLIENT);
    writeOutcome(writer, call);
    writer.end(span);
  }

  return (call) => {
    writeOwn(call);
    let asked: Period | undefined;
    for (const { policy, decision, ms, at = 0 } of call.stages ?? []) {
      const to = Math.min(at, call.durationMs);
      const from = Math.max(0, to - ms);
      if (policy === UPSTREAM) asked = { from: asked?.from ?? from, to };
      else writePolicy(call, decisions.of(policy, decision), { from, to });
    }
    if (asked !== undefined) writeClient(call, asked);
  };
}

interface Period {
  readonly from: number;
  readonly to: number;
}

/** Few, and each said of every call; but some name what went wrong. */
const MOST_DECISIONS = 500;

/** What spans of policies say, by policy and decision. */
function createDecisions() {
  const known = new Map<string, Uint8Array>();
  return {
    of(policy: string, decision: string): Uint8Array {
      const key = `${policy}\n${decision}`;
      const found = known.get(key);
      if (found !== undefined) return found;
      const made = fieldsOf((writer) => {
        writer.text(SPAN.name, `policy ${policy}`);
        writer.varint(SPAN.kind, INTERNAL);
        writeText(writer, "trestle.decision", decision);
      });
      if (known.size < MOST_DECISIONS) known.set(key, made);
      return made;
    },
  };
}

/** What the call's own span and that of its server say alike. */
function writeOutcome(writer: ProtobufWriter, call: TracedCall): void {
  writer.text(SPAN.name, `${METHOD} ${call.tool}`);
  writer.copy(METHOD_NAME);
  writeText(writer, "gen_ai.tool.name", call.tool);
  writeText(writer, "trestle.server", call.server);
  writeAttribute(writer, SPAN.attributes, "trestle.attempts", call.attempts);
  const failure = outcomeOf(call);
  if (failure === "success") return;
  writeText(writer, "error.type", failure);
  const status = writer.begin(SPAN.status);
  // What went wrong may hold what was asked: its code is enough, and `trestle why` tells the rest.
  writer.text(STATUS.message, failure);
  writer.varint(STATUS.code, STATUS_ERROR);
  writer.end(status);
}

function writeText(writer: ProtobufWriter, key: string, text: string): void {
  writeAttribute(writer, SPAN.attributes, key, text);
}

/** Numbers are whole and not negative. */
export function writeAttribute(
  writer: ProtobufWriter,
  field: number,
  key: string,
  value: string | number | boolean,
): void {
  const attribute = writer.begin(field);
  writer.text(ATTRIBUTE.key, key);
  const any = writer.begin(ATTRIBUTE.value);
  if (typeof value === "string") writer.text(VALUE.text, value);
  else if (typeof value === "boolean") writer.varint(VALUE.isTrue, value ? 1 : 0);
  else writer.varint(VALUE.integer, value);
  writer.end(any);
  writer.end(attribute);
}

const field = (key: string, value: string | boolean) =>
  fieldsOf((writer) => writeAttribute(writer, SPAN.attributes, key, value));

const METHOD_NAME = field("mcp.method.name", METHOD);
const EXECUTE_TOOL = field("gen_ai.operation.name", "execute_tool");
const [CACHED, NOT_CACHED] = bothOf("trestle.cached");
const [FALLBACK, NO_FALLBACK] = bothOf("trestle.fallback_used");

function bothOf(key: string): readonly [Uint8Array, Uint8Array] {
  return [field(key, true), field(key, false)];
}

const microseconds = (ms: number): number => Math.round(ms * 1_000);
