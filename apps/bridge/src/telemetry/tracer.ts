import type { HistoryRow } from "@trestle/policy";
import type { JsonObject } from "@trestle/protocol";
import { type Span, spansOf } from "./spans.ts";
import {
  createTraceIds,
  newContext,
  parentOf,
  type TraceContext,
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
  readonly take: (spans: readonly Span[]) => void;
}

export function createTracer({ sampleRatio, random, take }: TracerParts): Tracer {
  /** Of calls that have no row yet: each gets one. */
  const running = new Map<string, TraceContext>();
  const ids = createTraceIds();
  return {
    begin({ executionId, parentExecutionId, params }) {
      // A call that was made by another is its child, whatever its own parameters say.
      const outer = parentExecutionId === undefined ? undefined : running.get(parentExecutionId);
      const parent = outer ?? parentOf(params);
      const context = newContext(parent, {
        ...{ isSampled: parent?.isSampled ?? random() < sampleRatio, ids },
      });
      running.set(executionId, context);
      return withTraceparent(params, context);
    },
    observe(row) {
      const context = running.get(row.executionId);
      if (!context) return;
      running.delete(row.executionId);
      if (context.isSampled) take(spansOf(row, context, ids));
    },
  };
}
