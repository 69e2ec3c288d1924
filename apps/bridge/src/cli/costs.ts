import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { ago, type Paper, paperOf, span, table } from "./format.ts";
import { given, readTime, withExamples, withJson, withTimes } from "./options.ts";

interface CostsOptions {
  readonly json?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly principal?: string;
  readonly by?: string;
}

export function addCosts(cli: Cli): void {
  const command = cli.program
    .command("costs")
    .description("what calls cost, and how much of each budget is spent")
    .option("--by <what>", "a row for each tool (the default), server, principal, day or run")
    .option("--server <id>", "only of this server")
    .option("--tool <name>", "only of this tool")
    .option("--principal <id>", "only of this caller");
  const examples = ["trestle costs", "trestle costs --by day --from 7d", "trestle costs --by run"];
  withJson(withExamples(withTimes(command), examples)).action(runs(cli, costs));
}

async function costs(
  place: Place,
  { json, from, to, by, ...filter }: CostsOptions,
): Promise<number> {
  const { terminal, config } = place;
  const now = terminal.clock.now();
  const times = { from: readTime(from, now), to: readTime(to, now) };
  const input = given({ ...filter, ...times, group_by: by });
  const noServers = filter.tool === undefined;
  const answer = await askOperation("costs", input, place, { noServers });
  if (answer.problem !== undefined) terminal.warn(text(answer.problem));
  const paper = paperOf(terminal, config.env);
  terminal.print(json ? JSON.stringify(answer, null, 2) : describe(answer, { paper, now }));
  return EXIT.ok;
}

interface Facts {
  readonly paper: Paper;
  readonly now: number;
}

function describe(answer: JsonObject, { paper, now }: Facts): string {
  const rows = objectsOf(answer.costs);
  const budgets = objectsOf(answer.budgets);
  if (rows.length === 0 && budgets.length === 0) {
    return "Nothing cost anything: `cost` of a server says what its calls do.";
  }
  const shown =
    answer.group_by === "run" ? runsTable(rows, { paper, now }) : plainTable(answer, paper);
  return [shown, ...(budgets.length === 0 ? [] : [budgetsTable(budgets, paper)])].join("\n\n");
}

const right = { align: "right" } as const;

function plainTable(answer: JsonObject, paper: Paper): string {
  const rows = objectsOf(answer.costs);
  const totals = rows.length > 1 ? objectsOf(answer.totals) : [];
  const columns = [
    { title: "OF", flexible: true },
    { title: "CALLS", ...right },
    { title: "COST", ...right },
  ];
  const cells = [...rows, ...totals].map((row) => [nameOf(row), text(row.calls), amountOf(row)]);
  return table(columns, cells, paper);
}

function nameOf({ server, tool, principal, day }: JsonObject): string {
  if (tool !== undefined) return `${text(server)}.${text(tool)}`;
  return text(server ?? principal ?? day ?? "all");
}

function amountOf({ cost, unit }: JsonObject): string {
  return `${text(cost)} ${text(unit)}`;
}

function runsTable(rows: readonly JsonObject[], { paper, now }: Facts): string {
  const columns = [
    { title: "RUN", flexible: true },
    { title: "WHEN" },
    { title: "CALLS", ...right },
    { title: "COST", ...right },
  ];
  const cells = rows.map((row) => [
    `${text(row.kind)} ${text(row.name ?? row.run)}`,
    ago(row.started_at, now),
    text(row.calls),
    objectsOf(row.amounts).map(amountOf).join(", "),
  ]);
  return table(columns, cells, paper);
}

function budgetsTable(budgets: readonly JsonObject[], paper: Paper): string {
  const columns = [
    { title: "BUDGET" },
    { title: "SERVER", flexible: true },
    { title: "SPENT", ...right },
    { title: "OF", ...right },
    { title: "IN", ...right },
  ];
  const rows = budgets.map(({ rule, server, unit, spent, above, over_s, exceeded }) => {
    const word = `${text(spent)} ${text(unit)}`;
    const cell = exceeded === true ? { text: word, style: "red" as const } : word;
    return [text(rule), text(server), cell, text(above), span(Number(over_s) * 1_000)];
  });
  return table(columns, rows, paper);
}
