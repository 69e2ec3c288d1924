import * as z from "zod";
import { ALERT_KINDS } from "../../config/alert-rules.ts";
import { autotunedFields } from "../../operations/answers/advice.ts";
import {
  breakerState,
  count,
  named,
  shape,
  someObject,
  time,
} from "../../operations/answers/shape.ts";
import { REVIEW_STATES } from "../../state/review/items.ts";

/** What the feed sends, and what the bridge's own events say. */

const call = {
  executionId: z.string(),
  server: z.string(),
  tool: z.string(),
  principal: z.string(),
};

const callEvent = shape("CallEvent", {
  ...call,
  outcome: z.enum(["success", "tool_error", "error", "outcome_unknown"]),
  durationMs: z.number(),
  cached: z.boolean(),
  errorCode: z.string().optional(),
});

const breakerEvent = shape("BreakerEvent", {
  server: z.string(),
  tool: z.string(),
  state: breakerState,
  until: z.number().optional().describe("Epoch milliseconds."),
});

const failed = {
  message: z.string(),
  ...call,
  errorCode: z.string(),
  errorMessage: z.string(),
  outcomeUnknown: z.boolean(),
};

const fallbackEvent = shape("FallbackEvent", { level: z.enum(["log", "alert"]), ...failed });

const reviewWaitingEvent = shape("ReviewWaitingEvent", { reviewId: z.string(), ...failed });

const reviewResolvedEvent = shape("ReviewResolvedEvent", {
  reviewId: z.string(),
  state: z.enum(REVIEW_STATES),
  ...call,
  decidedBy: z.string().optional(),
});

const serverEvent = shape("ServerEvent", {
  server: z.string(),
  restarts: count,
  error: z.string().optional(),
});

const serverListEvent = shape("ServerListEvent", { server: z.string() });

const pinEvent = shape("PinEvent", {
  server: z.string(),
  mode: z.enum(["off", "warn", "block", "quarantine"]),
  total: count,
  definitions: z.array(someObject),
});

const alertEvent = shape("AlertEvent", {
  alert: z.string(),
  rule: z.string(),
  when: z.enum(ALERT_KINDS),
  server: z.string(),
  state: z.enum(["firing", "resolved"]),
  value: z.number(),
  above: z.number(),
  since: time,
  summary: z.string(),
});

const tuningEvent = shape("TuningEvent", autotunedFields);

/** The payloads of the bridge's own topics. What a mounted server tells is for it to say. */
export const EVENT_PAYLOADS: Readonly<Record<string, z.ZodType>> = {
  "call.success": callEvent,
  "call.tool_error": callEvent,
  "call.error": callEvent,
  "call.outcome_unknown": callEvent,
  "breaker.open": breakerEvent,
  "breaker.half_open": breakerEvent,
  "breaker.closed": breakerEvent,
  "fallback.log": fallbackEvent,
  "fallback.alert": fallbackEvent,
  "review.waiting": reviewWaitingEvent,
  "review.resolved": reviewResolvedEvent,
  "server.ready": serverEvent,
  "server.lost": serverEvent,
  "server.failed": serverEvent,
  "server.idle": serverEvent,
  "server.added": serverListEvent,
  "server.changed": serverListEvent,
  "server.removed": serverListEvent,
  "pin.changed": pinEvent,
  "pin.suspect": pinEvent,
  "alert.firing": alertEvent,
  "alert.resolved": alertEvent,
  "tuning.applied": tuningEvent,
};

/** What a client sends to be told of events. */
export const subscribeFrame = shape("FeedSubscribe", {
  type: z.literal("subscribe"),
  topics: z.array(z.string()).min(1).max(100),
  since: count.optional().describe("The last number that was seen."),
  where: someObject.optional().describe("Fields of the payload, each with a value or a list."),
});

/** Every frame that the bridge sends. */
export const feedFrame = named(
  "FeedFrame",
  z.union([
    shape("FeedSubscribed", { type: z.literal("subscribed"), seq: count }),
    shape("FeedEvent", {
      type: z.literal("event"),
      seq: count,
      time: z.number().describe("Epoch milliseconds."),
      topic: z.string(),
      payload: someObject,
      source: z.string().optional().describe("The mounted server that told it."),
      replica: z.string().optional().describe("Of several bridges, the one where it happened."),
    }),
    shape("FeedGap", { type: z.literal("gap"), from: count, to: count }),
    shape("FeedRefusal", { type: z.literal("error"), code: z.string(), message: z.string() }),
    shape("FeedResult", {
      type: z.literal("result"),
      id: z.string(),
      seq: count,
      result: z.unknown(),
      changed: z.boolean(),
      repeated: z.boolean(),
    }),
    shape("FeedCallFailed", {
      type: z.literal("error"),
      id: z.string(),
      error: z.object({
        code: z.string(),
        message: z.string(),
        details: someObject.optional(),
      }),
    }),
  ]),
);
