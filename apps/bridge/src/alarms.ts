import type { Hub } from "@trestle/events";
import type { BreakerView, FailedCall, HistoryRow, Outcome } from "@trestle/policy";
import type { JsonObject, Logger } from "@trestle/protocol";
import type { StateEntered } from "@trestle/upstream";
import type { ReviewItem } from "./state/review/items.ts";

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
const REVIEW_TOPICS = { waiting: "review.waiting", resolved: "review.resolved" } as const;
/** Of the states that a server enters; that it is being started is nobody's news. */
const STATE_TOPICS: Partial<Record<StateEntered["state"], string>> = {
  ready: "server.ready",
  backoff: "server.lost",
  failed: "server.failed",
  idle: "server.idle",
};
const CHANGE_TOPICS = {
  added: "server.added",
  changed: "server.changed",
  removed: "server.removed",
} as const;
/** Each bridge finds these out for itself. */
export const PIN_TOPICS = ["pin.changed", "pin.suspect"] as const;
const ALERT_TOPICS = ["alert.firing", "alert.resolved"] as const;
const TUNING_TOPICS = ["tuning.applied"] as const;

/** Of calls: told only where somebody wants them. */
export const ON_DEMAND: readonly string[] = Object.values(CALL_TOPICS);

/** Every topic of the bridge. */
export const TOPICS: readonly string[] = [
  ...Object.values(CALL_TOPICS),
  ...Object.values(BREAKER_TOPICS),
  ...Object.values(FALLBACK_TOPICS),
  ...Object.values(REVIEW_TOPICS),
  ...Object.values(STATE_TOPICS),
  ...Object.values(CHANGE_TOPICS),
  ...PIN_TOPICS,
  ...ALERT_TOPICS,
  ...TUNING_TOPICS,
];

const OWN_WORDS = new Set(TOPICS.map((topic) => topic.split(".", 1)[0]));

/** Does the topic look like one of the bridge, whether there is such a one or not? */
export function isOwnTopic(topic: string): boolean {
  return OWN_WORDS.has(topic.split(".", 1)[0]);
}

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
  /** Tells what a person decided, and what came of it. */
  resolved(item: ReviewItem): void;
  /** Tells how a server does. */
  onServer(id: string, entered: StateEntered): void;
  /** Tells which servers there are from now on. */
  onServers(changes: Readonly<Record<keyof typeof CHANGE_TOPICS, readonly string[]>>): void;
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
      hub.publish(REVIEW_TOPICS.waiting, redact(payload));
    },
    resolved({ id, state, server, tool, principal, decidedBy, executionId }) {
      const facts = { reviewId: id, state, server, tool, principal, executionId };
      hub.publish(REVIEW_TOPICS.resolved, { ...facts, ...(decidedBy && { decidedBy }) });
    },
    onServer(id, { state, restarts, lastError }) {
      const topic = STATE_TOPICS[state];
      if (topic === undefined) return;
      const error = lastError === undefined ? {} : { error: lastError };
      hub.publish(topic, redact({ server: id, restarts, ...error }));
    },
    onServers(changes) {
      for (const [change, topic] of Object.entries(CHANGE_TOPICS)) {
        for (const server of changes[change as keyof typeof CHANGE_TOPICS]) {
          hub.publish(topic, { server });
        }
      }
    },
    pinned: (topic, payload) => void hub.publish(topic, redact(payload)),
  };
}

/** Without the arguments, which may be secret: the history has them, redacted. */
function factsOf({ call, errorCode, errorMessage, outcomeUnknown }: FailedCall): JsonObject {
  const { executionId, server, tool, context } = call;
  const principal = context.principal.id;
  return { executionId, server, tool, principal, errorCode, errorMessage, outcomeUnknown };
}
