import { resolve } from "node:path";
import { writeWhole } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import type { SystemReport } from "../../reports/system-report.ts";
import { generateSystemReport } from "../../tools/generate-system-report.ts";
import { ask } from "../ask.ts";
import { groupTable } from "../errors.ts";
import { insightText } from "../findings.ts";
import { type Scope, withScope } from "../options.ts";
import type { Place, TrackerCli } from "../place.ts";
import { printJson } from "../show.ts";
import { taskTable } from "../tasks.ts";
import { collectPage } from "./collect.ts";
import { renderPage } from "./page.ts";

interface Options extends Scope {
  readonly html?: string;
  readonly markdown?: boolean;
}

type Answer = SystemReport & { readonly markdown: string };

/** The command that sums up a time. */
export function addReport({ program, runs }: TrackerCli): void {
  const report = program
    .command("report")
    .description("sum up a time: what is left, what fails, insights, costs and health")
    .option("--html <path>", "write a page with charts that stands alone in one file")
    .option("--markdown", "print it as markdown");
  withScope(report, { since: "7d" }).action(runs(tell));
}

async function tell(place: Place, { html, markdown, json, ...given }: Options): Promise<number> {
  const { terminal, process } = place;
  const answer = await ask<Answer>(place, generateSystemReport, given);
  if (html !== undefined) {
    const state = await place.open({ reading: true, health: false });
    const path = resolve(process.cwd(), html);
    await writeWhole(path, once(renderPage(await collectPage(place, state, answer))));
    terminal.warn(`The report is in ${path}.`);
  }
  if (json) printJson(place, answer);
  else if (markdown) terminal.print(answer.markdown);
  else if (html === undefined) terminal.print(toText(answer, place));
  return EXIT.ok;
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

function toText(report: SystemReport, place: Place): string {
  const { from, to, project, summary, unfinished, errors, insights } = report;
  const { bold } = place.terminal;
  return [
    [
      bold(
        `${from.slice(0, 10)} to ${to.slice(0, 10)}${project === undefined ? "" : `, ${project}`}`,
      ),
      ...summary,
    ].join("\n"),
    ...(unfinished.length > 0 ? [taskTable(unfinished, place)] : []),
    ...(errors.length > 0 ? [groupTable(errors, place)] : []),
    ...insights.map((each) => insightText(each, place)),
  ].join("\n\n");
}
