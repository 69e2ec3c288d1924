import * as z from "zod";
import { alertsSchema } from "./alerts-schema.ts";
import { reference } from "./reference-schema.ts";

/** The `events` keys: who is told of what happens. */

const id = z.string().regex(/^[a-z0-9-]{1,32}$/, "must be [a-z0-9-]{1,32}");

/** What somebody should know of: not every call. */
const DEFAULT_TOPICS = ["breaker.*", "fallback.*", "review.*", "pin.*", "alert.*"];

/** Keys that only one form has, and whether it needs them. */
const OWN_KEYS = {
  secret: { form: "generic", isNeeded: false },
  token: { form: "github", isNeeded: true },
  apiKey: { form: "datadog", isNeeded: true },
  tags: { form: "datadog", isNeeded: false },
} as const;

const webhook = z
  .strictObject({
    url: reference.describe("Where it is called."),
    form: z
      .enum(["generic", "slack", "discord", "github", "datadog"])
      .default("generic")
      .describe("How an event is worded for its receiver."),
    topics: z
      .array(z.string().min(1).max(256))
      .min(1)
      .max(100)
      .default(DEFAULT_TOPICS)
      .describe("Patterns of the topics that it gets; `*` stands for any run of characters."),
    secret: reference.optional().describe("Signs what is sent, for the form generic."),
    token: reference.optional().describe("For the form github."),
    apiKey: reference.optional().describe("For the form datadog."),
    tags: z.array(z.string()).optional().describe("For the form datadog."),
  })
  .superRefine((value, context) => {
    for (const [key, { form, isNeeded }] of Object.entries(OWN_KEYS)) {
      const isGiven = value[key as keyof typeof OWN_KEYS] !== undefined;
      const refuse = (message: string) =>
        context.addIssue({ code: "custom", path: [key], message });
      if (isGiven && value.form !== form) refuse(`belongs to the form "${form}"`);
      if (!isGiven && isNeeded && value.form === form) refuse(`the form "${form}" needs it`);
    }
  });

export const eventsSchema = z
  .strictObject({
    webhooks: z
      .record(id, webhook)
      .default({})
      .describe("Where events are delivered to, each under a name of yours: see Webhooks below."),
    alerts: alertsSchema,
    alertEveryMs: z
      .int()
      .min(100)
      .default(15_000)
      .describe("How often the rules of alerts are looked at while anything happens."),
    allowHosts: z
      .array(z.string().min(1))
      .default([])
      .describe(
        "Hosts (`name` or `name:port`) that webhooks may call on a private network, and without TLS.",
      ),
    maxAttempts: z
      .int()
      .positive()
      .default(12)
      .describe("Tries before a delivery is given up and kept as a dead letter."),
    timeoutMs: z.int().positive().default(10_000).describe("How long one try may take."),
  })
  .prefault({});

export type EventsSettings = z.infer<typeof eventsSchema>;
export type WebhookSettings = z.infer<typeof webhook>;
