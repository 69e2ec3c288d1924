import type { WebhookForm, WebhookTarget } from "@trestle/events";
import { TrestleError } from "@trestle/protocol";
import type { CheckedFile } from "./checks.ts";
import type { EventsSettings, WebhookSettings } from "./events-schema.ts";
import { type CommandReference, createReferenceReader } from "./references.ts";
import type { Surroundings } from "./servers.ts";

/** A target as configured: where a command gives a value, its mark stands for it. */
export interface WebhookConfig extends WebhookTarget {
  readonly commands: readonly CommandReference[];
}

export interface EventsConfig extends Omit<EventsSettings, "webhooks"> {
  readonly webhooks: readonly WebhookConfig[];
}

interface ReadEvents {
  readonly events: EventsConfig;
  /** Files that the entries refer to. */
  readonly files: readonly string[];
  /** Values that must not be shown. */
  readonly secrets: readonly string[];
}

/** Reads `events`. A value that cannot be had throws `invalid_config` naming line and key. */
export function readEvents(
  { webhooks, ...settings }: EventsSettings,
  surroundings: Surroundings,
  document: CheckedFile["document"],
): ReadEvents {
  const read = Object.entries(webhooks).map(([id, webhook]) =>
    readWebhook(id, webhook, {
      ...surroundings,
      allowHosts: settings.allowHosts,
      fail(key, what) {
        const where = document ? `${document.path}:${document.lineOf(key.split("."))}: ` : "";
        throw new TrestleError("invalid_config", `${where}${key}: ${what}.`);
      },
    }),
  );
  return {
    events: { ...settings, webhooks: read.map(({ webhook }) => webhook) },
    files: read.flatMap(({ files }) => files),
    secrets: read.flatMap(({ secrets }) => secrets),
  };
}

interface Reading extends Surroundings {
  readonly allowHosts: readonly string[];
  fail(key: string, what: string): never;
}

function readWebhook(
  id: string,
  { url: rawUrl, form, topics, secret, token, apiKey, tags }: WebhookSettings,
  { folder, env, allowHosts, fail }: Reading,
) {
  const references = createReferenceReader(folder, env);
  const keys = `events.webhooks.${id}`;
  const read = (value: unknown, key: string): string =>
    String(references.expand(value, `${keys}.${key}`));
  const url = read(rawUrl, "url");
  const kept = Object.entries({ secret, token, apiKey })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, read(value, key)] as const);
  const bad = references.problems.find(({ level }) => level === "error");
  if (bad) fail(bad.key, bad.message);
  if (!references.commands.some(({ mark }) => url.includes(mark))) {
    const problem = problemOf(url, allowHosts);
    if (problem) fail(`${keys}.url`, problem);
  }
  const own = { ...Object.fromEntries(kept), ...(tags && { tags }) };
  const webhook: WebhookConfig = {
    ...{ id, topics, url },
    // The schema has seen to it that each form has what it needs.
    form: { kind: form, ...own } as WebhookForm,
    commands: references.commands,
  };
  // Whoever knows the address of a channel may write to it.
  const secrets = [...references.secrets, ...kept.map(([, value]) => value), url];
  return { webhook, files: references.files, secrets };
}

/** What is wrong with an address, without the address: it may be a secret. */
function problemOf(text: string, allowHosts: readonly string[]): string | undefined {
  const url = URL.parse(text);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return "must be a URL";
  if (url.username !== "" || url.password !== "") return "must hold no user and no password";
  if (url.protocol === "https:") return undefined;
  if (allowHosts.includes(url.host) || allowHosts.includes(url.hostname)) return undefined;
  return "must go over https, or its host must be one of events.allowHosts";
}
