import { readFile } from "node:fs/promises";
import type { HubEvent, WebhookForm, WebhookTarget } from "@trestle/events";
import { matchesGlob, messageOf, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { severity } from "../records/diagnosis.ts";

/** Where events go, as the operator wrote it. */
export interface Webhook extends WebhookTarget {
  readonly severity: readonly string[] | undefined;
  /** Patterns in which `*` stands for any run of characters. */
  readonly context: readonly string[] | undefined;
}

export interface WebhookSettings {
  readonly webhooks: readonly Webhook[];
  /** Hosts that may be private and may be called without TLS. */
  readonly allowHosts: readonly string[];
}

const ID = /^[a-z0-9-]{1,32}$/;
const secretText = z.string().min(1);

const webhookShape = z
  .strictObject({
    form: z
      .enum(["generic", "slack", "discord", "github", "github-issue", "datadog"])
      .default("generic"),
    url: secretText,
    events: z.array(z.string().min(1).max(256)).min(1).max(100).default(["*"]),
    severity: z.array(severity).min(1).optional(),
    context: z.array(z.string().min(1).max(256)).min(1).optional(),
    secret: secretText.optional(),
    token: secretText.optional(),
    apiKey: secretText.optional(),
    labels: z.array(z.string().min(1)).optional(),
    tags: z.array(z.string().min(1)).optional(),
  })
  .refine(({ form, token }) => !form.startsWith("github") || token !== undefined, {
    message: "needs a token",
  })
  .refine(({ form, apiKey }) => form !== "datadog" || apiKey !== undefined, {
    message: "needs an apiKey",
  });

/** The operator's file of webhooks. */
export const webhooksFile = z.strictObject({
  webhooks: z.record(
    z.string().regex(ID, "must be lower-case letters, digits, hyphens"),
    webhookShape,
  ),
  allowHosts: z.array(z.string().min(1)).default([]),
});

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the file; `${NAME}` in it stands for a variable of the environment.
 *
 * @throws TrestleError `invalid_config` naming what is wrong, never a value: most of them are secrets
 */
export async function readWebhooksFile(path: string, env: Environment): Promise<WebhookSettings> {
  const value = await readJson(path);
  const parsed = webhooksFile.safeParse(expanded(value, path, env));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => {
      const [inner = issue] = issue.code === "invalid_key" ? issue.issues : [];
      return `${issue.path.join(".")}: ${inner.message}`;
    });
    throw invalid(path, faults.join("; "));
  }
  const { webhooks, allowHosts } = parsed.data;
  return {
    allowHosts,
    webhooks: Object.entries(webhooks).map(([id, given]) => {
      const { form, url, events: topics, severity: severities, context, ...own } = given;
      const found = URL.parse(url);
      if (found?.protocol !== "https:" && found?.protocol !== "http:")
        throw invalid(path, `webhooks.${id}.url must be a URL`);
      // The schema has seen to it that each form has what it needs.
      return {
        id,
        url,
        topics,
        form: { kind: form, ...own } as WebhookForm,
        severity: severities,
        context,
      };
    }),
  };
}

/** Does the operator want this event to go there? What has no severity or context fits no filter of it. */
export function isWanted(
  { topics, severity: severities, context }: Pick<Webhook, "topics" | "severity" | "context">,
  { topic, payload }: HubEvent,
): boolean {
  const fits = (patterns: readonly string[], value: unknown): boolean =>
    typeof value === "string" && patterns.some((each) => matchesGlob(each, value));
  return (
    fits(topics, topic) &&
    (severities === undefined || fits(severities, payload.severity)) &&
    (context === undefined || fits(context, payload.context))
  );
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    // What a parser says of a text may quote it.
    const why = error instanceof SyntaxError ? "it is no JSON" : messageOf(error);
    throw invalid(path, why);
  }
}

function expanded(value: unknown, path: string, env: Environment): unknown {
  if (typeof value === "string") {
    return value.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
      const found = env[name];
      if (found === undefined) throw invalid(path, `the variable ${name} is not set`);
      return found;
    });
  }
  if (Array.isArray(value)) return value.map((each) => expanded(each, path, env));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, expanded(each, path, env)]),
  );
}

function invalid(path: string, why: string): TrestleError {
  return new TrestleError("invalid_config", `The webhooks in ${path} can not be used: ${why}.`);
}
