import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { reasonOf, type StepColumn, stepsTable } from "./chain-steps.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectOf, objectsOf, text } from "./data.ts";
import { executionsTable, outcomeOf } from "./executions.ts";
import { EXIT } from "./exit-code.ts";
import { ago, duration, type Paper, paperOf, table } from "./format.ts";
import { withJson } from "./options.ts";

export function addWhy(cli: Cli): void {
  const command = cli.program
    .command("why <execution>")
    .description("what every policy decided of one call, or how the steps of a chain ended");
  withJson(command).action(runs(cli, why));
}

async function why(
  place: Place,
  execution_id: string,
  { json }: { readonly json?: boolean },
): Promise<number> {
  const { terminal, config } = place;
  const answer = await askOperation("why", { execution_id }, place, { noServers: true });
  const facts = { paper: paperOf(terminal, config.env), now: terminal.clock.now() };
  terminal.print(json ? JSON.stringify(answer, null, 2) : describe(answer, facts));
  return EXIT.ok;
}

interface Facts {
  readonly paper: Paper;
  readonly now: number;
}

function describe(answer: JsonObject, facts: Facts): string {
  const chain = objectOf(answer.chain);
  const parts = [
    ...(answer.server === undefined ? [] : [describeCall(answer, facts)]),
    ...(chain.chain_name === undefined ? [] : [describeChain(chain, facts)]),
    ...causedBy(answer, facts),
  ];
  return parts.join("\n\n");
}

function causedBy(answer: JsonObject, facts: Facts): string[] {
  const children = objectsOf(answer.children);
  return children.length === 0 ? [] : [`It caused\n${executionsTable(children, facts)}`];
}

function describeCall(answer: JsonObject, { paper, now }: Facts): string {
  const { text: word, style } = outcomeOf(answer);
  const end = style === undefined ? word : paper.paint(style, word);
  const { code, message } = objectOf(answer.error);
  const facts: Fact[] = [
    ["when", `${text(answer.started_at)} (${ago(answer.started_at, now)})`],
    ["caller", [text(answer.principal), text(answer.client)].filter(Boolean).join(", by ")],
    ["arguments", JSON.stringify(answer.arguments ?? {})],
    ["attempts", text(answer.attempts)],
    ["part of", text(answer.parent_execution_id)],
    ["error", code === undefined ? "" : `${text(code)}: ${text(message)}`],
  ];
  return [
    `${text(answer.server)}.${text(answer.tool)}  ${end}  ${duration(answer.duration_ms)}`,
    "",
    ...linesOf(facts),
    "",
    stagesTable(objectsOf(answer.stages), paper),
  ].join("\n");
}

function describeChain(chain: JsonObject, { paper, now }: Facts): string {
  const { code, message } = objectOf(chain.error);
  const facts: Fact[] = [
    ["when", `${text(chain.started_at)} (${ago(chain.started_at, now)})`],
    ["caller", text(chain.principal)],
    ["steps", `${text(chain.completed_steps)} of ${text(chain.total_steps)}`],
    ["error", code === undefined ? "" : `${text(code)}: ${text(message)}`],
  ];
  const steps = objectsOf(chain.steps);
  return [
    `chain ${text(chain.chain_name)}  ${text(chain.outcome)}  ${duration(chain.total_duration_ms)}`,
    "",
    ...linesOf(facts),
    ...(steps.length === 0 ? [] : ["", stepsTable(steps, STEP_COLUMNS, paper)]),
  ].join("\n");
}

const STEP_COLUMNS: readonly StepColumn[] = [
  { title: "WHY", flexible: true, of: reasonOf },
  { title: "EXECUTION", of: ({ execution_id }) => text(execution_id) },
];

type Fact = readonly [name: string, value: string];

function linesOf(facts: readonly Fact[]): string[] {
  const known = facts.filter(([, value]) => value !== "");
  return known.map(([name, value]) => `  ${name.padEnd(10)} ${value}`);
}

function stagesTable(stages: readonly JsonObject[], paper: Paper): string {
  if (stages.length === 0) return "  No policy had anything to say of it.";
  const rows = stages.map(({ at, policy, decision, ms }) => [
    typeof at === "number" ? `+${at.toFixed(1)} ms` : "",
    text(policy),
    text(decision),
    typeof ms === "number" && ms > 0 ? duration(ms) : "",
  ]);
  const columns = [
    { title: "AT", align: "right" as const },
    { title: "POLICY" },
    { title: "DECISION", flexible: true },
    { title: "TOOK", align: "right" as const },
  ];
  return table(columns, rows, paper);
}
