import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { ago, type Cell, paperOf, table } from "./format.ts";
import { given, withExamples, withJson } from "./options.ts";

interface AlertsOptions {
  readonly json?: boolean;
  readonly state?: string;
}

export function addAlerts(cli: Cli): void {
  const command = cli.program
    .command("alerts")
    .description("what goes wrong now and since when, and what is over")
    .option("--state <word>", "only those that are pending, firing or resolved");
  withJson(
    withExamples(command, ["trestle alerts", "trestle alerts --state firing --json"]),
  ).action(runs(cli, alerts));
}

async function alerts(place: Place, { json, state }: AlertsOptions): Promise<number> {
  const { terminal, config } = place;
  const answer = await askOperation("alerts", given({ state }), place, { running: true });
  const found = objectsOf(answer.alerts);
  if (json) terminal.print(JSON.stringify(answer, null, 2));
  else if (found.length === 0) {
    const rules = objectsOf(answer.rules).map(({ name }) => text(name));
    terminal.print(`No alert. Rules that are looked at: ${rules.join(", ") || "none"}.`);
  } else {
    const rows = found.map((each) => toRow(each, terminal.clock.now()));
    terminal.print(table(COLUMNS, rows, paperOf(terminal, config.env)));
  }
  return EXIT.ok;
}

const COLUMNS = [
  { title: "STATE" },
  { title: "RULE" },
  { title: "SERVER", flexible: true },
  { title: "VALUE", align: "right" as const },
  { title: "ABOVE", align: "right" as const },
  { title: "SINCE" },
];

const STYLES: Readonly<Record<string, Cell["style"]>> = {
  firing: "red",
  pending: "yellow",
  resolved: "dim",
};

function toRow({ state, rule, server, value, above, since }: JsonObject, now: number) {
  const style = STYLES[text(state)];
  return [
    { text: text(state), ...(style && { style }) },
    ...[text(rule), text(server), text(value), text(above), ago(since, now)],
  ];
}
