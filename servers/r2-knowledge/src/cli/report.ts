import { resolve } from "node:path";
import { table, writeWhole } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import { collectReport, type Report } from "../analytics/report/collect.ts";
import { renderReport } from "../analytics/report/page.ts";
import { parseSince } from "../knowledge/since.ts";
import type { KnowledgeCli, Place } from "./place.ts";

interface ReportOptions {
  readonly html?: string;
  readonly since: string;
  readonly json?: boolean;
}

/** The command that tells how the knowledge is used and what it is worth. */
export function addReport({ program, runs }: KnowledgeCli): void {
  program
    .command("report")
    .description(
      "tell what is asked, which errors rise, how the knowledge grows and whether fixes work",
    )
    .option("--html <path>", "write a page with charts that stands alone in one file")
    .option("--since <time>", "from when: 24h, 7d, or a date", "30d")
    .option("--json", "print the figures as JSON")
    .action(runs(report));
}

async function report(place: Place, { html, since, json }: ReportOptions): Promise<number> {
  const { knowledge, terminal, process, clock, signal } = place;
  const until = clock.now();
  const period = { since: parseSince(since, until, "--since"), until };
  const found = await collectReport(knowledge, { ...period, signal });
  if (html !== undefined) {
    const path = resolve(process.cwd(), html);
    await writeWhole(path, once(renderReport(found)));
    terminal.warn(`The report is in ${path}.`);
  }
  if (json) terminal.print(JSON.stringify(found, null, 2));
  else if (html === undefined) terminal.print(toText(found, place, since));
  return EXIT.ok;
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

const MOST_LINES = 10;

function toText({ metrics }: Report, { terminal }: Place, since: string): string {
  const { growth, learning, search, errors, usage } = metrics;
  const share = (part: number, whole: number) =>
    whole === 0 ? "nothing yet" : `${Math.round((part / whole) * 100)} % of ${whole}`;
  const facts = [
    ["diagnoses", `${growth.total}, ${growth.inPeriod} since ${since}`],
    ["met again with a known fix", share(learning.metAgainWithFix, learning.metAgain)],
    ["fixes that worked", share(learning.worked, learning.outcomes)],
    ["searches that found something", share(search.searches - search.empty, search.searches)],
    ["operations", String(usage.byHour.reduce((sum, each) => sum + each, 0))],
  ];
  const trends = errors.trends.map(({ name, before, now }) => [name, `${before} → ${now}`]);
  const popular = search.popular.map(({ text, count, empty, opened, worked }) => [
    ...[text, String(count), String(empty), String(opened), String(worked)],
  ]);
  const parts: readonly (readonly [readonly string[], readonly (readonly string[])[]])[] = [
    [["what", "figure"], facts],
    [["error", "before → now"], trends],
    [["query", "asked", "empty", "opened", "worked"], popular],
  ];
  return parts
    .filter(([, rows]) => rows.length > 0)
    .map(([head, rows]) =>
      table(
        [...head],
        rows.slice(0, MOST_LINES).map((row) => [...row]),
        terminal,
      ),
    )
    .join("\n\n");
}
