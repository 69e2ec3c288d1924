import type { HistoryRow } from "@trestle/policy";
import type { JsonObject } from "@trestle/protocol";
import { attributesOf } from "./attributes.ts";
import { outcomeOf } from "./call-counts.ts";
import type { TraceContext, TraceIds } from "./trace-context.ts";

/** A span as OTLP writes it in JSON. */
export type Span = JsonObject;

const [INTERNAL, SERVER, CLIENT] = [1, 2, 3];
const STATUS_ERROR = 2;
/** Under this name the innermost policy notes what the server was asked. */
const UPSTREAM = "upstream";
const METHOD = "tools/call";

/**
 * The spans of one call, named by the conventions for MCP: the call itself, each policy that decided, and
 * what was asked of the server, all attempts together. Without arguments and results.
 */
export function spansOf(row: HistoryRow, context: TraceContext, ids: TraceIds): Span[] {
  const { traceId, spanId, clientSpanId, parentSpanId } = context;
  const { server, tool, startedAt, durationMs, stages = [] } = row;
  const failed = outcomeOf(row);
  const common = { "mcp.method.name": METHOD, "gen_ai.tool.name": tool, "trestle.server": server };
  const status = failed === "success" ? {} : { status: statusOf(row) };
  const errorType = failed === "success" ? {} : { "error.type": failed };
  const name = `${METHOD} ${tool}`;
  const at = (ms: number): string => nanoseconds(startedAt + ms);
  const own: Span = {
    ...{ traceId, spanId, name, kind: SERVER, ...(parentSpanId && { parentSpanId }) },
    ...{ startTimeUnixNano: at(0), endTimeUnixNano: at(durationMs), ...status },
    attributes: attributesOf({
      ...{ ...common, ...errorType, "gen_ai.operation.name": "execute_tool" },
      "trestle.execution_id": row.executionId,
      "trestle.principal": row.principal,
      "trestle.client": row.client,
      "trestle.cached": row.cached,
      "trestle.fallback_used": row.fallbackUsed,
      "trestle.attempts": row.attempts,
    }),
  };
  const decided = stages.filter(({ policy }) => policy !== UPSTREAM);
  const policies = decided.map((stage): Span => {
    const end = Math.min(stage.at ?? 0, durationMs);
    return {
      ...{ traceId, spanId: ids.span(), parentSpanId: spanId, kind: INTERNAL },
      ...{ name: `policy ${stage.policy}`, endTimeUnixNano: at(end) },
      startTimeUnixNano: at(Math.max(0, end - stage.ms)),
      attributes: attributesOf({ "trestle.decision": stage.decision }),
    };
  });
  const asked = stages.filter(({ policy }) => policy === UPSTREAM);
  const [first] = asked;
  const last = asked.at(-1);
  if (first === undefined || last === undefined) return [own, ...policies];
  const client: Span = {
    ...{ traceId, spanId: clientSpanId, parentSpanId: spanId, name, kind: CLIENT, ...status },
    startTimeUnixNano: at(Math.max(0, (first.at ?? 0) - first.ms)),
    endTimeUnixNano: at(Math.min(last.at ?? 0, durationMs)),
    attributes: attributesOf({ ...common, ...errorType, "trestle.attempts": row.attempts }),
  };
  return [own, ...policies, client];
}

/** What went wrong may hold what was asked: its code is enough, and `trestle why` tells the rest. */
function statusOf(row: HistoryRow): JsonObject {
  return { code: STATUS_ERROR, message: outcomeOf(row) };
}

/** Of epoch milliseconds, as text: no double holds them, but one holds their microseconds. */
export function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1_000)}000`;
}
