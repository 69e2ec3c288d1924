import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectOf, objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { bytes, type Paper, paperOf, percent, span, table } from "./format.ts";
import { withExamples, withJson } from "./options.ts";

export function addStats(cli: Cli): void {
  const command = cli.program
    .command("stats")
    .description("state, counters and memory of each part of the bridge");
  withJson(withExamples(command, ["trestle stats", "trestle stats --json"])).action(
    runs(cli, stats),
  );
}

async function stats(place: Place, { json }: { readonly json?: boolean }): Promise<number> {
  const { terminal, config } = place;
  const answer = await askOperation("stats", {}, place, { running: true });
  const paper = paperOf(terminal, config.env);
  terminal.print(json ? JSON.stringify(answer, null, 2) : describe(answer, paper));
  return EXIT.ok;
}

function describe(answer: JsonObject, paper: Paper): string {
  const { running, total, successes, cache_hits, retries, fallbacks } = objectOf(answer.calls);
  const { process, events, webhooks, catalog } = objectOf(answer.bridge);
  const { rss_bytes, heap_bytes } = objectOf(process);
  const { waiting, dead } = objectOf(webhooks);
  const uptime = typeof answer.uptime_s === "number" ? span(answer.uptime_s * 1_000) : "";
  return [
    `  up        ${uptime}`,
    `  calls     ${text(total)} (${text(successes)} succeeded), ${text(running)} running`,
    `  policies  ${text(cache_hits)} from the cache, ${text(retries)} retries, ${text(fallbacks)} fallbacks`,
    ...(process === undefined
      ? []
      : [
          `  memory    ${bytes(rss_bytes)}, ${bytes(heap_bytes)} of it in the heap`,
          `  tools     ${text(objectOf(catalog).tools)}`,
          `  events    ${text(objectOf(events).last_seq)}`,
          `  webhooks  ${text(waiting)} waiting, ${text(dead)} given up`,
        ]),
    "",
    serversTable(objectsOf(answer.servers), paper),
    ...forecastsTable(objectsOf(answer.forecasts), paper),
  ].join("\n");
}

/** Tools whose failures can be foretold, the likeliest to fail next first. */
function forecastsTable(forecasts: readonly JsonObject[], paper: Paper): string[] {
  if (forecasts.length === 0) return [];
  const columns = [
    { title: "TOOL", flexible: true },
    { title: "NEXT FAILS", align: "right" as const },
    { title: "USUALLY", align: "right" as const },
    { title: "BY", flexible: true },
  ];
  const rows = forecasts.map(({ name, failure_probability, base_rate, because }) => [
    ...[text(name), percent(failure_probability), percent(base_rate), text(because)],
  ]);
  return ["", table(columns, rows, paper)];
}

function serversTable(servers: readonly JsonObject[], paper: Paper): string {
  const columns = [
    { title: "SERVER", flexible: true },
    { title: "STATE" },
    { title: "RUNNING", align: "right" as const },
    { title: "WAITING", align: "right" as const },
    { title: "RESTARTS", align: "right" as const },
    { title: "MEMORY", align: "right" as const },
  ];
  const rows = servers.map(({ id, state, running, waiting, restarts, rss_bytes }) => [
    ...[text(id), text(state), text(running), text(waiting), text(restarts), bytes(rss_bytes)],
  ]);
  return table(columns, rows, paper);
}
