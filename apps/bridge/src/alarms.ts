import type { Hub } from "@trestle/events";
import type { BreakerView, FailedCall, HistoryRow, Outcome } from "@trestle/policy";
import type { JsonObject, Logger } from "@trestle/protocol";

/** An execution as an event: what happened, without what was asked. */
function toEvent(row: HistoryRow): JsonObject {
  const { executionId, server, tool, principal, outcome, durationMs, cached, errorCode } = row;
  return {
    ...{ executionId, server, tool, principal, outcome, durationMs, cached },
    ...(errorCode === undefined ? {} : { errorCode }),
  };
}

/** Topics under which the bridge tells what happens: what it is about, and how it stands. */
const CALL_TOPICS = {
  success: "call.success",
  tool_error: "call.tool_error",
  error: "call.error",
  outcome_unknown: "call.outcome_unknown",
} as const satisfies Record<Outcome, string>;
const BREAKER_TOPICS = {
  open: "breaker.open",
  half_open: "breaker.half_open",
  closed: "breaker.closed",
} as const satisfies Record<BreakerView["state"], string>;
const FALLBACK_TOPICS = { log: "fallback.log", alert: "fallback.alert" } as const;
const REVIEW_TOPIC = "review.waiting";
const PIN_TOPICS = ["pin.changed", "pin.suspect"] as const;

/** Every topic of the bridge. */
export const TOPICS: readonly string[] = [
  ...Object.values(CALL_TOPICS),
  ...Object.values(BREAKER_TOPICS),
  ...Object.values(FALLBACK_TOPICS),
  REVIEW_TOPIC,
  ...PIN_TOPICS,
];

export interface AlarmsParts {
  readonly log: Logger;
  readonly hub: Hub;
  /** Takes out what must not be shown: events leave the machine. */
  readonly redact: (payload: JsonObject) => JsonObject;
}

export interface Alarms {
  onBreaker(change: BreakerView): void;
  notify(failed: FailedCall, level: "log" | "alert"): void;
  /** Tells of each execution that somebody wants to know of. */
  publish(row: HistoryRow): void;
  /** Tells that a call waits for a person. */
  queued(failed: FailedCall, reviewId: string): void;
  /** Tells that definitions of a server wait for a person. */
  pinned(topic: (typeof PIN_TOPICS)[number], payload: JsonObject): void;
}

/** Tells people, in the log and as events, of what policies decided in their absence. */
export function createAlarms({ log, hub, redact }: AlarmsParts): Alarms {
  return {
    onBreaker(change) {
      const { server, tool, state } = change;
      const how = state === "closed" ? "info" : "warn";
      log[how](`breaker ${state}`, { server, tool });
      hub.publish(BREAKER_TOPICS[state], { ...change });
    },
    notify(failed, level) {
      const facts = factsOf(failed);
      log[level === "alert" ? "error" : "warn"](failed.message, facts);
      const payload = { level, message: failed.message, ...facts };
      hub.publish(FALLBACK_TOPICS[level], redact(payload));
    },
    publish(row) {
      const topic = CALL_TOPICS[row.outcome];
      // Every call would make an event: only where somebody may want it.
      if (hub.isWatched(topic)) hub.publish(topic, toEvent(row));
    },
    queued(failed, reviewId) {
      const payload = { reviewId, message: failed.message, ...factsOf(failed) };
      hub.publish(REVIEW_TOPIC, redact(payload));
    },
    pinned: (topic, payload) => void hub.publish(topic, redact(payload)),
  };
}

/** Without the arguments, which may be secret: the history has them, redacted. */
function factsOf({ call, errorCode, errorMessage, outcomeUnknown }: FailedCall): JsonObject {
  const { executionId, server, tool } = call;
  return { executionId, server, tool, errorCode, errorMessage, outcomeUnknown };
}
