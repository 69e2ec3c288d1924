import type { HistoryRow } from "@trestle/policy";
import type { JsonObject } from "@trestle/protocol";
import { type TracedCall, tracedCall } from "./spans.ts";
import {
  newContext,
  parentOf,
  type TraceContext,
  type TraceIds,
  withTraceparent,
} from "./trace-context.ts";

/** A call that is about to be made. */
export interface BegunCall {
  readonly executionId: string;
  readonly parentExecutionId?: string | undefined;
  readonly params: JsonObject;
}

/** Follows calls from their beginning to their row in the history. */
export interface Tracer {
  /** The parameters with which it goes on. */
  begin(call: BegunCall): JsonObject;
  observe(row: HistoryRow): void;
}

export interface TracerParts {
  /** From 0 to 1, of traces that begin here. */
  readonly sampleRatio: number;
  readonly random: () => number;
  readonly ids: TraceIds;
  readonly take: (call: TracedCall) => void;
}

export function createTracer({ sampleRatio, random, ids, take }: TracerParts): Tracer {
  /** Of calls that have no row yet: each gets one. */
  const running = new Map<string, TraceContext>();
  return {
    begin({ executionId, parentExecutionId, params }) {
      // A call that was made by another is its child, whatever its own parameters say.
      const outer = parentExecutionId === undefined ? undefined : running.get(parentExecutionId);
      const parent = outer ?? parentOf(params);
      const isSampled = parent?.isSampled ?? random() < sampleRatio;
      const context = newContext(parent, { isSampled, ids });
      running.set(executionId, context);
      return withTraceparent(params, context);
    },
    observe(row) {
      const context = running.get(row.executionId);
      if (!context) return;
      running.delete(row.executionId);
      if (context.isSampled) take(tracedCall(row, context));
    },
  };
}
