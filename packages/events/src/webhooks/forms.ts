import type { JsonObject } from "@trestle/protocol";
import type { HubEvent } from "../hub/event.ts";
import type { Outgoing } from "./send.ts";
import { HEADERS, signHeaders } from "./signature.ts";
import type { WebhookForm } from "./target.ts";

/** Limits of the receivers, as their documentation states them, with room for our own words. */
const MAX_SLACK_TEXT = 2_900;
const MAX_DISCORD_TEXT = 2_000;
const MAX_GITHUB_TYPE = 100;
const MAX_GITHUB_TITLE = 250;
const MAX_DATADOG_TITLE = 100;
const MAX_DATADOG_TEXT = 4_000;

/** One delivery, worded for its receiver. */
export function toOutgoing(
  delivery: { readonly id: string; readonly event: HubEvent },
  form: WebhookForm,
  now: number,
): Outgoing {
  const { id, event } = delivery;
  const body = JSON.stringify(toBody(event, form));
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "user-agent": "trestle-webhooks",
    [HEADERS.delivery]: id,
  };
  if (form.kind === "github" || form.kind === "github-issue") {
    headers.authorization = `Bearer ${form.token}`;
    headers.accept = "application/vnd.github+json";
    headers["x-github-api-version"] = "2022-11-28";
  }
  if (form.kind === "datadog") headers["dd-api-key"] = form.apiKey;
  const isSigned = form.kind === "generic" && form.secret !== undefined;
  return { headers: isSigned ? { ...headers, ...sign(id, body, form, now) } : headers, body };
}

function sign(id: string, body: string, form: { secret?: string }, now: number) {
  return signHeaders({ id, body }, form.secret ?? "", now);
}

function toBody(event: HubEvent, form: WebhookForm): JsonObject {
  switch (form.kind) {
    case "generic":
      return { ...event };
    case "slack":
      return { text: `*${escapeSlack(event.topic)}*\n${slackDetail(event)}` };
    case "discord":
      // Nobody is mentioned, whatever the payload says.
      return { content: discordText(event), allowed_mentions: { parse: [] } };
    case "github":
      return {
        event_type: cut(event.topic, MAX_GITHUB_TYPE),
        client_payload: { event: { ...event } },
      };
    case "github-issue":
      return {
        title: cut(titleOf(event), MAX_GITHUB_TITLE),
        body: fenced(detailOf(event)),
        ...(form.labels && { labels: [...form.labels] }),
      };
    case "datadog":
      return {
        title: cut(event.topic, MAX_DATADOG_TITLE),
        text: cut(detailOf(event), MAX_DATADOG_TEXT),
        date_happened: Math.floor(event.time / 1_000),
        source_type_name: "trestle",
        tags: [`topic:${event.topic}`, ...(form.tags ?? [])],
      };
  }
}

function slackDetail(event: HubEvent): string {
  return `\`\`\`${escapeSlack(cut(detailOf(event), MAX_SLACK_TEXT))}\`\`\``;
}

/** The three characters that Slack gives a meaning: mentions and links are made of them. */
function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function discordText(event: HubEvent): string {
  const title = `**${cut(event.topic, 200)}**\n`;
  const room = MAX_DISCORD_TEXT - title.length - 6;
  return `${title}\`\`\`${cut(detailOf(event).replaceAll("```", "'''"), room)}\`\`\``;
}

/** What somebody wrote could close a fence of three, and mention people behind it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}json\n${text}\n${fence}`;
}

/** A zero-width space keeps a name in a title from being a mention. */
function titleOf({ topic, payload }: HubEvent): string {
  const summary = typeof payload.summary === "string" ? `: ${payload.summary}` : "";
  return `${topic}${summary}`.replaceAll("@", "@\u200b").replace(/\s+/g, " ");
}

function detailOf({ payload }: HubEvent): string {
  return JSON.stringify(payload, undefined, 2);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
