import * as z from "zod";
import { ALERT_KINDS } from "../../config/alert-rules.ts";
import { REVIEW_STATES } from "../../state/review/items.ts";
import { count, fault, shape, someObject, time, toolResult } from "./shape.ts";

export const cacheCounts = {
  enabled: z.boolean(),
  hits: count,
  misses: count,
  stale: count,
  shared: count,
  entries: count,
  bytes: count,
};

export const cacheStatistics = shape("CacheStatistics", {
  ...cacheCounts,
  hit_rate: z.number().min(0).max(1),
});

export const cacheCleared = shape("CacheCleared", { cleared: count });

export const cacheSwitched = shape("CacheSwitched", { enabled: z.boolean() });

/** A failed call that a person decides about. */
export const reviewItem = shape("ReviewItem", {
  id: z.string(),
  state: z.enum(REVIEW_STATES),
  server: z.string(),
  tool: z.string(),
  arguments: someObject.optional(),
  edited_arguments: someObject.optional(),
  read_only: z.boolean(),
  message: z.string(),
  error: fault,
  outcome_unknown: z.boolean(),
  execution_id: z.string(),
  principal: z.string(),
  attempts: count,
  created_at: time,
  expires_at: time,
  decided_by: z.string().optional(),
  decided_at: time.optional(),
  reason: z.string().optional(),
  finished_at: time.optional(),
  run_error: fault.optional(),
  result: toolResult.optional(),
});

export const reviewPage = shape("ReviewPage", {
  items: z.array(reviewItem),
  next: z.string().optional(),
});

export const alertsAnswer = shape("Alerts", {
  alerts: z.array(
    shape("Alert", {
      id: z.string().describe("`RULE/SERVER`"),
      rule: z.string(),
      when: z.enum(ALERT_KINDS),
      server: z.string(),
      state: z.enum(["pending", "firing", "resolved"]),
      value: z.number(),
      above: z.number(),
      since: time,
      fired_at: time.optional(),
      resolved_at: time.optional(),
    }),
  ),
  rules: z.array(
    shape("AlertRule", {
      name: z.string(),
      when: z.enum(ALERT_KINDS),
      above: z.number().optional(),
      over: z.number().describe("Seconds that are looked back."),
      minimumCalls: count,
      for: z.number(),
      resolve: z.number(),
      server: z.string().optional(),
    }),
  ),
});

const definition = {
  kind: z.enum(["tool", "prompt", "instructions"]),
  name: z.string(),
};
const state = z.enum(["changed", "new", "suspect", "unverified"]);
const definitionName = shape("DefinitionName", definition);
const waiting = { ...definition, state, withheld: z.boolean(), findings: z.array(z.string()) };

export const pinsAnswer = shape("Pins", {
  lock_file: z.string(),
  problem: z.string().optional(),
  servers: z.array(
    shape("ServerPins", {
      server: z.string(),
      mode: z.enum(["off", "warn", "block", "quarantine"]),
      pinned: count,
      waiting: z.array(shape("WaitingDefinition", waiting)),
      gone: z.array(definitionName),
    }),
  ),
});

export const pinsDifference = shape("PinsDiff", {
  server: z.string(),
  digest: z.string(),
  definitions: z.array(shape("ChangedDefinition", { ...waiting, diff: z.array(z.string()) })),
  gone: z.array(definitionName),
});

export const pinsApproved = shape("PinsApproved", {
  server: z.string(),
  approved: z.array(shape("ApprovedDefinition", { ...definition, state })),
  forgotten: z.array(definitionName),
});

const delivery = shape("Delivery", {
  id: z.string(),
  webhook: z.string(),
  topic: z.string(),
  payload: someObject,
  attempts: count,
  time,
  next_at: time.optional(),
  given_up_at: time.optional(),
  error: z.string().optional(),
});

export const webhooksAnswer = shape("Webhooks", {
  webhooks: z.array(
    shape("Webhook", {
      id: z.string(),
      form: z.enum(["generic", "slack", "discord", "github", "github-issue", "datadog"]),
      topics: z.array(z.string()),
      waiting: count,
      dead: count,
      host: z.string().optional(),
    }),
  ),
  waiting: z.array(delivery),
  dead_letters: z.array(delivery),
});

export const webhookReplayed = shape("WebhookReplayed", {
  id: z.string(),
  state: z.literal("waiting"),
});
