import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectOf, objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { ago, duration, paperOf, percent, table } from "./format.ts";
import { given, readTime, withExamples, withJson, withTimes } from "./options.ts";

interface PerformanceOptions {
  readonly json?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly principal?: string;
}

export function addPerformance(cli: Cli): void {
  const command = cli.program
    .command("performance")
    .description("how each tool does: quantiles, rates, the state of its breaker")
    .option("--server <id>", "only of this server")
    .option("--tool <name>", "only of this tool")
    .option("--principal <id>", "only of this caller");
  const examples = ["trestle performance --from 24h", "trestle performance --server github --json"];
  withJson(withExamples(withTimes(command), examples)).action(runs(cli, performance));
}

async function performance(
  place: Place,
  { json, from, to, ...filter }: PerformanceOptions,
): Promise<number> {
  const { terminal, config } = place;
  const now = terminal.clock.now();
  const input = given({ ...filter, from: readTime(from, now), to: readTime(to, now) });
  const answer = await askOperation("performance", input, place, { running: true });
  const rows = objectsOf(answer.tools).map((each) => toRow(each, now));
  if (json) terminal.print(JSON.stringify(answer, null, 2));
  else if (rows.length === 0) terminal.print("No calls: none was made yet, or none fits.");
  else terminal.print(table(COLUMNS, rows, paperOf(terminal, config.env)));
  return EXIT.ok;
}

const right = { align: "right" } as const;
const COLUMNS = [
  { title: "TOOL", flexible: true },
  { title: "CALLS", ...right },
  { title: "OK", ...right },
  { title: "P50", ...right },
  { title: "P95", ...right },
  { title: "P99", ...right },
  { title: "RETRIED", ...right },
  { title: "NEXT FAILS", ...right },
  { title: "BREAKER" },
  { title: "LAST" },
];

function toRow(row: JsonObject, now: number) {
  const breaker = text(row.breaker);
  return [
    `${text(row.server)}.${text(row.tool)}`,
    text(row.calls),
    percent(row.success_rate),
    ...[row.p50_ms, row.p95_ms, row.p99_ms].map(duration),
    percent(row.retry_rate),
    percent(objectOf(row.forecast).failure_probability),
    breaker === "closed" ? breaker : { text: breaker, style: "red" as const },
    ago(row.last_execution, now),
  ];
}
