import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectOf, objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { ago, type Column, duration, paperOf, percent, table } from "./format.ts";
import { given, readTime, withJson, withTimes } from "./options.ts";

interface MetricsOptions {
  readonly json?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly principal?: string;
  readonly bucket?: string;
  readonly groupBy?: string;
}

export function addMetrics(cli: Cli): void {
  const command = cli.program
    .command("metrics")
    .description("calls, failures and durations of each tool")
    .option("--server <id>", "only of this server")
    .option("--tool <name>", "only of this tool")
    .option("--principal <id>", "only of this caller")
    .option("--bucket <stretch>", "a row for each minute, hour or day")
    .option("--group-by <what>", "a row for each tool (the default), server, principal, or none");
  withJson(withTimes(command)).action(runs(cli, metrics));
}

async function metrics(place: Place, { json, ...options }: MetricsOptions): Promise<number> {
  const { terminal, config } = place;
  const now = terminal.clock.now();
  const { from, to, groupBy, ...filter } = options;
  const times = { from: readTime(from, now), to: readTime(to, now) };
  const input = given({ ...filter, ...times, group_by: groupBy });
  const noServers = filter.tool === undefined;
  const answer = await askOperation("metrics", input, place, { noServers });
  if (json) terminal.print(JSON.stringify(answer, null, 2));
  else {
    const rows = objectsOf(answer.metrics);
    const total = rows.length > 1 ? [{ ...objectOf(answer.totals), isTotal: true }] : [];
    const shown =
      rows.length === 0
        ? "No calls: none was made yet, or none fits."
        : table(
            columnsOf(rows),
            [...rows, ...total].map((row) => cellsOf(row, rows, now)),
            paperOf(terminal, config.env),
          );
    terminal.print(shown);
  }
  return EXIT.ok;
}

const FIGURES: readonly Column[] = [
  { title: "CALLS", align: "right" },
  { title: "OK", align: "right" },
  { title: "AVG", align: "right" },
  { title: "P50", align: "right" },
  { title: "P95", align: "right" },
  { title: "P99", align: "right" },
  { title: "CACHED", align: "right" },
  { title: "RETRIES", align: "right" },
  { title: "LAST" },
];

function columnsOf(rows: readonly JsonObject[]): Column[] {
  const when = rows.some(({ start }) => start !== undefined) ? [{ title: "FROM" }] : [];
  return [...when, { title: "OF", flexible: true }, ...FIGURES];
}

function cellsOf(row: JsonObject, rows: readonly JsonObject[], now: number): string[] {
  const hasStart = rows.some(({ start }) => start !== undefined);
  return [
    ...(hasStart ? [text(row.start).replace("T", " ").slice(0, 16)] : []),
    nameOf(row),
    text(row.calls),
    percent(row.success_rate),
    ...[row.avg_ms, row.p50_ms, row.p95_ms, row.p99_ms].map(duration),
    percent(row.hit_rate),
    text(row.retries),
    ago(row.last_execution, now),
  ];
}

function nameOf({ server, tool, principal, isTotal }: JsonObject): string {
  if (isTotal) return "all";
  if (tool !== undefined) return `${text(server)}.${text(tool)}`;
  return text(server ?? principal ?? "all");
}
