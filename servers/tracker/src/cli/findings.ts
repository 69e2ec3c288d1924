import { table } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import { INSIGHT_KINDS, type Insight } from "../insights/insight.ts";
import type { Correlations } from "../reports/correlations.ts";
import type { ShownVerdict } from "../reports/fix-verdicts.ts";
import { getErrorCorrelations } from "../tools/get-error-correlations.ts";
import { getInsights } from "../tools/get-insights.ts";
import { validateFixes } from "../tools/validate-fixes.ts";
import { ask } from "./ask.ts";
import { numberFor, type Scope, someOf, withScope } from "./options.ts";
import type { Place, TrackerCli } from "./place.ts";
import { fittedTable, minute, percent, printJson, shortProject } from "./show.ts";

/** The commands that tell what follows from all that was read. */
export function addFindings({ program, runs }: TrackerCli): void {
  const insights = program
    .command("insights")
    .description("tell what is worth a look: what fails again, stuck work, flaky commands, costs")
    .option("--kinds <names>", `only ${INSIGHT_KINDS.join(", ")}`, someOf("--kinds", INSIGHT_KINDS))
    .option(
      "--min-confidence <share>",
      "only what is at least so sure, 0 to 1",
      numberFor("--min-confidence", { least: 0, most: 1 }),
    );
  withScope(insights, { since: "14d", limit: [20, 50] }).action(runs(tellInsights));
  const fixes = program
    .command("fixes")
    .description("judge the fixes of resolved errors by what happened afterwards")
    .option("--group <id>", "only the fix of this error group")
    .option("--fixed-at <time>", "when it was mended, where nobody resolved it: 2h, or a date");
  withScope(fixes, { limit: [20, 50] }).action(runs(tellFixes));
  const correlations = program
    .command("correlations")
    .description("find errors that go together more often than by chance")
    .option("--component <name>", "only pairs with this tool or component")
    .option("--group <id>", "only pairs with this error group")
    .option(
      "--false-discovery-rate <share>",
      "share of the findings that may be false; 0.05 by default",
      numberFor("--false-discovery-rate", { least: 0.000_001, most: 0.5 }),
    );
  withScope(correlations, { since: "14d", limit: [20, 50] }).action(runs(tellCorrelations));
}

async function tellInsights(
  place: Place,
  { json, ...given }: Scope & { readonly kinds?: readonly string[] },
): Promise<number> {
  const { terminal } = place;
  const answer = await ask<{ insights: readonly Insight[] }>(place, getInsights, given);
  if (json) printJson(place, answer);
  else if (answer.insights.length === 0) terminal.print("Nothing stands out.");
  else terminal.print(answer.insights.map((each) => insightText(each, place)).join("\n"));
  return EXIT.ok;
}

export function insightText(insight: Insight, { terminal }: Pick<Place, "terminal">): string {
  const { title, detail, action, confidence, basis, project, kind } = insight;
  return [
    terminal.bold(title),
    `  ${detail}`,
    `  → ${withCommands(action)}`,
    `  ${kind.replaceAll("_", " ")}, ${shortProject(project) || "all projects"}, ${percent(confidence)} sure: ${basis}`,
  ].join("\n");
}

/** Of the tools that actions name, the commands that do the same. */
const COMMANDS: Readonly<Record<string, string>> = {
  get_error_correlations: "correlations",
  get_usage: "usage",
  resolve_error: "errors resolve",
  search_history: "search",
  update_task: "tasks status",
  validate_fixes: "fixes",
};

function withCommands(action: string): string {
  return action.replaceAll(/\b[a-z]+(?:_[a-z]+)+\b/g, (tool) => {
    const command = COMMANDS[tool];
    return command === undefined ? tool : `trestle-tracker ${command}`;
  });
}

interface Fixes {
  readonly fixes: readonly ShownVerdict[];
  readonly counts: {
    readonly validated: number;
    readonly regressed: number;
    readonly unverified: number;
  };
}

async function tellFixes(place: Place, { json, ...given }: Omit<Scope, "since">): Promise<number> {
  const { terminal } = place;
  const answer = await ask<Fixes>(place, validateFixes, given);
  if (json) {
    printJson(place, answer);
    return EXIT.ok;
  }
  if (answer.fixes.length === 0)
    terminal.print("No error was resolved yet: trestle-tracker errors resolve GROUP says so.");
  else {
    terminal.print(
      fittedTable(
        ["verdict", "fixed", "message", "why", "group"],
        answer.fixes.map(({ verdict, fixed, message, reason, group }) => [
          ...[verdict, minute(fixed), message, reason, group],
        ]),
        { terminal, cut: "message", droppable: ["fixed"] },
      ),
    );
    const { validated, regressed, unverified } = answer.counts;
    terminal.warn(`${validated} validated, ${regressed} regressed, ${unverified} unverified.`);
  }
  return EXIT.ok;
}

async function tellCorrelations(place: Place, { json, ...given }: Scope): Promise<number> {
  const { terminal } = place;
  const answer = await ask<Correlations>(place, getErrorCorrelations, given);
  if (json) {
    printJson(place, answer);
    return EXIT.ok;
  }
  const { findings, changes, mergeSuggestions, notes, events } = answer;
  const parts = [
    ...(findings.length > 0 ? [findingTable(findings, place)] : []),
    ...(changes.length > 0 ? [changeTable(changes, place)] : []),
    ...mergeSuggestions.map(({ groups, messages, similarity, reasons }) =>
      [
        `Perhaps one error, ${percent(similarity)} alike (${reasons.join(", ")}):`,
        ...groups.map((group, at) => `  ${group}  ${messages[at] ?? ""}`),
      ].join("\n"),
    ),
  ];
  terminal.print(
    parts.length === 0
      ? `Of ${events} errors none go together more often than by chance.`
      : parts.join("\n\n"),
  );
  for (const note of notes) terminal.warn(note);
  return EXIT.ok;
}

function findingTable(findings: Correlations["findings"], { terminal }: Place): string {
  return table(
    ["kind", "times", "lift", "lag", "false", "first", "second"],
    findings.map(({ kind, support, lift, lagMs, falseDiscoveryRate, first, second }) => [
      ...[kind, support, lift, lagMs === undefined ? "" : seconds(lagMs)],
      ...[odds(falseDiscoveryRate), sideOf(first), sideOf(second)],
    ]),
    terminal,
  );
}

function changeTable(changes: Correlations["changes"], { terminal }: Place): string {
  return table(
    ["after this change", "at", "error", "before", "after", "false"],
    changes.map(({ change, at, error, before, after, falseDiscoveryRate }) => [
      ...[change, minute(at), sideOf(error), before, after, odds(falseDiscoveryRate)],
    ]),
    terminal,
  );
}

function sideOf({ component, message }: { component: string; message: string }): string {
  return `${component}: ${message}`;
}

function seconds(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

function odds(rate: number): string {
  return rate < 0.001 ? "<0.001" : rate.toFixed(3);
}
