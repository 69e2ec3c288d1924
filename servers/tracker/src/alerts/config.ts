import type { WebhookForm, WebhookTarget } from "@trestle/events";
import { matchesGlob, TrestleError } from "@trestle/protocol";
import { z } from "zod";
import type { Notice } from "./notice.ts";

const REFERENCE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

const secret = z
  .string()
  .regex(
    REFERENCE,
    `must be \${NAME}, a variable of the environment: secrets do not stand in this file`,
  );
const severity = z.enum(["info", "warning", "critical"]);

const webhookSchema = z
  .strictObject({
    form: z
      .enum(["generic", "slack", "discord", "github", "github-issue", "datadog"])
      .default("generic")
      .describe("How an alert is worded for its receiver."),
    url: z.string().min(1).describe(`Where it is called, or \${NAME}.`),
    topics: z.array(z.string().min(1).max(256)).min(1).max(20).default(["alert.*"]),
    severities: z.array(severity).min(1).optional().describe("Only these; all where left out."),
    targets: z.array(z.string().min(1)).min(1).optional().describe("Patterns of targets' names."),
    secret: secret.optional().describe("Signs what is sent, for the form generic."),
    token: secret.optional().describe("For the forms github and github-issue."),
    apiKey: secret.optional().describe("For the form datadog."),
    labels: z.array(z.string().min(1)).optional(),
    tags: z.array(z.string().min(1)).optional(),
  })
  .superRefine(({ form, url, token, apiKey, secret: signs }, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    // Whoever knows the address of a channel may write to it.
    if ((form === "slack" || form === "discord") && !REFERENCE.test(url)) {
      refuse(
        "url",
        `of the form ${form} is a secret: it must be \${NAME}, a variable of the environment`,
      );
    }
    if (form.startsWith("github") && token === undefined) refuse("token", `is needed by ${form}`);
    if (form === "datadog" && apiKey === undefined) refuse("apiKey", "is needed by datadog");
    if (form !== "generic" && signs !== undefined) refuse("secret", "belongs to the form generic");
  });

/** Who is told of alerts. */
export const alertsSchema = z
  .strictObject({
    webhooks: z
      .record(z.string().regex(/^[a-z0-9-]{1,32}$/, "must be [a-z0-9-]{1,32}"), webhookSchema)
      .default({}),
    remindAfterMs: z
      .int()
      .min(0)
      .default(0)
      .describe("So long after people were told that it fires they are told again; 0 never."),
    allowHosts: z
      .array(z.string().min(1))
      .default([])
      .describe("Hosts that webhooks may call on a private network, and without TLS."),
    maxAttempts: z.int().min(1).max(100).default(12),
    timeoutMs: z.int().min(100).max(60_000).default(10_000),
  })
  .prefault({});

type AlertsFile = z.output<typeof alertsSchema>;

/** A receiver of alerts, with its secrets in place. */
export interface AlertWebhook extends WebhookTarget {
  readonly severities: readonly string[] | undefined;
  readonly targets: readonly string[] | undefined;
}

export interface AlertSettings extends Omit<AlertsFile, "webhooks"> {
  readonly webhooks: readonly AlertWebhook[];
}

/**
 * Puts the variables of the environment in the place of their names.
 *
 * @throws TrestleError `invalid_config` naming the variable that is missing, or the webhook whose URL is none; never a
 * value
 */
export function resolveAlerts(
  { webhooks, ...settings }: AlertsFile,
  environment: Readonly<Record<string, string | undefined>>,
): AlertSettings {
  const read = (value: string, where: string): string => {
    const name = REFERENCE.exec(value)?.[1];
    if (name === undefined) return value;
    const found = environment[name];
    if (found) return found;
    throw invalid(
      `${where} names the variable ${name}, which is not set: set it where the tracker is started`,
    );
  };
  return {
    ...settings,
    webhooks: Object.entries(webhooks).map(([id, webhook]) => {
      const { form, url: given, topics, severities, targets, labels, tags, ...secrets } = webhook;
      const where = `alerts.webhooks.${id}`;
      const url = read(given, `${where}.url`);
      const protocol = URL.parse(url)?.protocol;
      if (protocol !== "https:" && protocol !== "http:")
        throw invalid(`${where}.url must be a URL`);
      const own = Object.entries(secrets).map(([key, value = ""]) => [
        key,
        read(value, `${where}.${key}`),
      ]);
      const lists = { ...(labels && { labels }), ...(tags && { tags }) };
      // The schema has seen to it that each form has what it needs.
      const toForm = { kind: form, ...Object.fromEntries(own), ...lists } as WebhookForm;
      return { id, url, topics, severities, targets, form: toForm };
    }),
  };
}

/** Does this receiver want to hear of it? */
export function isWanted(
  { topics, severities, targets }: Pick<AlertWebhook, "topics" | "severities" | "targets">,
  { topic, severity: own, target }: Pick<Notice, "topic" | "severity" | "target">,
): boolean {
  const fits = (patterns: readonly string[], value: string) =>
    patterns.some((pattern) => matchesGlob(pattern, value));
  return (
    fits(topics, topic) &&
    (severities?.includes(own) ?? true) &&
    (targets === undefined || fits(targets, target))
  );
}

function invalid(why: string): TrestleError {
  return new TrestleError("invalid_config", `Alerts can not be told: ${why}.`);
}
