import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { ago, type Paper, paperOf, table } from "./format.ts";
import { given, numberFor, withJson } from "./options.ts";

interface WebhooksOptions {
  readonly json?: boolean;
  readonly limit?: number;
}

export function addWebhooks(cli: Cli): void {
  const webhooks = cli.program
    .command("webhooks")
    .description("who is told of what happens, and what could not be delivered")
    .option("--limit <count>", "at most so many deliveries (50)", numberFor("--limit"));
  withJson(webhooks).action(runs(cli, list));
  const again = webhooks.command("replay <id>").description("deliver a dead letter anew");
  withJson(again).action(
    runs(cli, (place, id: string, options: WebhooksOptions) =>
      replay(place, id, { ...options, ...webhooks.opts<WebhooksOptions>() }),
    ),
  );
}

async function list(place: Place, { json, limit }: WebhooksOptions): Promise<number> {
  const { terminal, config } = place;
  const answer = await askOperation("webhooks", given({ limit }), place, { running: true });
  const facts = { paper: paperOf(terminal, config.env), now: terminal.clock.now() };
  terminal.print(json ? JSON.stringify(answer, null, 2) : describe(answer, facts));
  return EXIT.ok;
}

async function replay(place: Place, id: string, { json }: WebhooksOptions): Promise<number> {
  const answer = await askOperation("webhook_replay", { id }, place, { running: true });
  place.terminal.print(json ? JSON.stringify(answer, null, 2) : "It is delivered anew.");
  return EXIT.ok;
}

interface Facts {
  readonly paper: Paper;
  readonly now: number;
}

function describe(answer: JsonObject, facts: Facts): string {
  const webhooks = objectsOf(answer.webhooks);
  const waiting = objectsOf(answer.waiting);
  const dead = objectsOf(answer.dead_letters);
  if (webhooks.length + waiting.length + dead.length === 0) return "No webhook is configured.";
  return [
    webhooksTable(webhooks, facts.paper),
    ...(waiting.length === 0 ? [] : ["Waiting", deliveriesTable(waiting, facts)]),
    ...(dead.length === 0 ? [] : ["Given up", deliveriesTable(dead, facts)]),
  ].join("\n\n");
}

function webhooksTable(webhooks: readonly JsonObject[], paper: Paper): string {
  const columns = [
    { title: "WEBHOOK" },
    { title: "FORM" },
    { title: "HOST", flexible: true },
    { title: "TOPICS", flexible: true },
    { title: "WAITING", align: "right" as const },
    { title: "GIVEN UP", align: "right" as const },
  ];
  const rows = webhooks.map(({ id, form, host, topics, waiting, dead }) => [
    ...[text(id), text(form), text(host)],
    Array.isArray(topics) ? topics.join(", ") : "",
    ...[text(waiting), text(dead)],
  ]);
  return table(columns, rows, paper);
}

function deliveriesTable(deliveries: readonly JsonObject[], { paper, now }: Facts): string {
  const columns = [
    { title: "ID" },
    { title: "WEBHOOK" },
    { title: "TOPIC", flexible: true },
    { title: "WHEN" },
    { title: "TRIES", align: "right" as const },
    { title: "WHY", flexible: true },
  ];
  const rows = deliveries.map(({ id, webhook, topic, time, attempts, error }) => [
    ...[text(id), text(webhook), text(topic), ago(time, now), text(attempts), text(error)],
  ]);
  return table(columns, rows, paper);
}
