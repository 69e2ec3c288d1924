import { table } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import { countFor } from "./options.ts";
import type { KnowledgeCli, Place } from "./place.ts";

interface Json {
  readonly json?: boolean;
}

/** The commands of who has events told elsewhere. */
export function addWebhooks({ program, runs }: KnowledgeCli): void {
  const webhooks = program.command("webhooks").description("where events are told, and how far");
  webhooks
    .command("list")
    .description("list the configured webhooks, without secrets")
    .option("--json", "print the answer as JSON")
    .action(runs(list));
  webhooks
    .command("test")
    .description("send one event that says it is a test")
    .argument("<id>", "of the webhook")
    .action(runs(test));
  webhooks
    .command("deliver")
    .description("deliver what is due by now; a server that runs does so by itself")
    .option("--json", "print the answer as JSON")
    .action(runs(deliver));
  webhooks
    .command("failed")
    .description("list the events that were given up")
    .argument("[id]", "of the webhook")
    .option("--json", "print the answer as JSON")
    .action(runs(failed));
  webhooks
    .command("retry")
    .description("have events that were given up tried again with the next delivery")
    .argument("<id>", "of the webhook")
    .option("--seq <number>", "only this event", countFor("--seq", Number.MAX_SAFE_INTEGER))
    .action(runs(retry));
}

async function list({ events, terminal }: Place, { json }: Json) {
  const webhooks = await events.webhooks.list();
  if (json) terminal.print(JSON.stringify(webhooks, null, 2));
  else {
    const rows = webhooks.map(
      ({ id, form, host, events: topics, done, attempts, dead, lastError }) => [
        ...[id, form, host, topics.join(" "), done ?? "", attempts, dead, lastError ?? ""],
      ],
    );
    const columns = ["id", "form", "host", "events", "done", "failing", "given up", "why"];
    terminal.print(table(columns, rows, terminal));
  }
  return EXIT.ok;
}

async function test({ events, terminal }: Place, id: string) {
  const result = await events.webhooks.test(id);
  terminal.print(result.ok ? `${id} took the test.` : `${id} did not take it: ${result.reason}.`);
  return result.ok ? EXIT.ok : EXIT.failed;
}

async function deliver({ events, terminal, signal }: Place, { json }: Json) {
  const stop = () => void events.webhooks.close();
  signal.addEventListener("abort", stop);
  await events.feed.pump();
  const results = await events.webhooks.deliver();
  signal.removeEventListener("abort", stop);
  if (json) terminal.print(JSON.stringify(results, null, 2));
  for (const { target, delivered, dead, busy, waiting } of json ? [] : results) {
    const next =
      waiting && `the next waits until ${new Date(waiting.until).toISOString()}: ${waiting.error}`;
    const facts = [
      `${delivered} delivered`,
      ...(dead === 0 ? [] : [`${dead} given up`]),
      ...(busy ? ["another process delivers now"] : []),
      ...(next === undefined ? [] : [next]),
    ];
    terminal.print(`${target}: ${facts.join(", ")}`);
  }
  const isWell = results.every(({ dead, waiting }) => dead === 0 && waiting === undefined);
  return isWell ? EXIT.ok : EXIT.failed;
}

async function failed({ events, terminal }: Place, id: string | undefined, { json }: Json) {
  const letters = await events.webhooks.failed(id);
  if (json) terminal.print(JSON.stringify(letters, null, 2));
  else if (letters.length === 0) terminal.print("Nothing was given up.");
  else {
    const rows = letters.map(({ target, event, at, attempts, error }) => [
      ...[target, event.seq, event.topic, new Date(at).toISOString(), attempts, error],
    ]);
    terminal.print(
      table(["webhook", "seq", "event", "given up", "attempts", "why"], rows, terminal),
    );
  }
  return EXIT.ok;
}

async function retry({ events, terminal }: Place, id: string, { seq }: { seq?: number }) {
  const count = await events.webhooks.retry(id, seq);
  terminal.print(
    `${count} ${count === 1 ? "event is" : "events are"} tried again with the next delivery.`,
  );
  return EXIT.ok;
}
