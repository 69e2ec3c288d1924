import { text as readText } from "node:stream/consumers";
import { table } from "@trestle/cli";
import { EXIT, TrestleError } from "@trestle/protocol";
import { parseSince } from "../knowledge/since.ts";
import type { ErrorInput } from "../records/diagnosis.ts";
import { foundLines, toConfidence, toFoundOutput, toSummaryOutput } from "../tools/shapes.ts";
import { countFor, type FilterOptions, toFilters, withFilters } from "./options.ts";
import type { KnowledgeCli, Place } from "./place.ts";

interface Options extends FilterOptions {
  readonly json?: boolean;
  readonly limit?: number;
  readonly after?: string;
}

const limit = countFor("--limit", 200);

/** The commands that ask what is known. */
export function addAsking({ program, runs }: KnowledgeCli): void {
  program
    .command("diagnose")
    .description("find what is known of an error: its words, or its stack from stdin")
    .argument("[error]", "the error as it was printed; - or nothing reads it from stdin")
    .option("--context <words>", "where it happened; counts in the ranking")
    .option("--limit <number>", "so many at most", limit)
    .option("--json", "print the answer as JSON")
    .action(runs(diagnose));
  withFilters(program.command("search"))
    .description("search by words, the best first")
    .argument("<words...>", "of the error or of the fix")
    .option("--limit <number>", "so many at most", limit)
    .option("--json", "print the answer as JSON")
    .action(runs(search));
  withFilters(program.command("learn"))
    .description("tell what is known about a subject, with conflicts and gaps")
    .argument("<words...>", "the subject")
    .option("--limit <number>", "so many at most", limit)
    .option("--json", "print the answer as JSON")
    .action(runs(learn));
  withFilters(program.command("list"))
    .description("list diagnoses, the newest first")
    .option("--limit <number>", "so many at most", limit)
    .option("--after <place>", "`next` of the page before")
    .option("--json", "print the answer as JSON")
    .action(runs(list));
  program
    .command("get")
    .description("print one diagnosis as JSON")
    .argument("<id>", "its id")
    .action(runs(get));
  program
    .command("stats")
    .description("tell figures of the knowledge")
    .option("--since <time>", "from when: 24h, 7d, or a date", "30d")
    .option("--json", "print the answer as JSON")
    .action(runs(stats));
}

async function diagnose(
  place: Place,
  given: string | undefined,
  options: Options,
): Promise<number> {
  const { knowledge, terminal, signal } = place;
  const found = await knowledge.findSimilar(toError(await textOf(place, given)), {
    ...{ near: options.context, limit: options.limit ?? 5, signal },
  });
  const hits = found.hits.map(toFoundOutput);
  if (options.json) terminal.print(JSON.stringify({ total: found.total, results: hits }, null, 2));
  else
    terminal.print(hits.length === 0 ? "Nothing like it is known." : foundLines(hits).join("\n"));
  return EXIT.ok;
}

async function search(place: Place, words: string[], options: Options): Promise<number> {
  const { knowledge, terminal, clock, signal } = place;
  const found = await knowledge.search({
    ...toFilters(options, clock.now()),
    ...{ text: words.join(" "), limit: options.limit ?? 10, signal },
  });
  const hits = found.hits.map(toFoundOutput);
  if (options.json) terminal.print(JSON.stringify({ total: found.total, results: hits }, null, 2));
  else if (hits.length === 0) terminal.print("Nothing was found.");
  else {
    terminal.print(foundLines(hits).join("\n"));
    terminal.warn(`${hits.length} of ${found.total}.`);
  }
  return EXIT.ok;
}

async function learn(place: Place, words: string[], options: Options): Promise<number> {
  const { knowledge, terminal, clock, signal } = place;
  const topic = await knowledge.learnTopic(words.join(" "), {
    ...toFilters(options, clock.now()),
    ...{ limit: options.limit, signal },
  });
  const best = topic.best.map(toFoundOutput);
  if (options.json) {
    terminal.print(JSON.stringify({ ...topic, best }, null, 2));
    return EXIT.ok;
  }
  const remarks = (title: string, all: typeof topic.conflicts | typeof topic.gaps) =>
    all.length === 0
      ? []
      : ["", title, ...all.map(({ what, ids }) => `- ${what}: ${ids.slice(0, 5).join(", ")}`)];
  terminal.print(
    [
      topic.total === 0 ? "Nothing is known about it." : `${topic.total} diagnoses are about it.`,
      ...foundLines(best),
      ...remarks("Conflicts:", topic.conflicts),
      ...remarks("Gaps:", topic.gaps),
    ].join("\n"),
  );
  return EXIT.ok;
}

async function list(place: Place, options: Options): Promise<number> {
  const { knowledge, terminal, clock, signal } = place;
  const page = await knowledge.list({
    ...toFilters(options, clock.now()),
    ...{ limit: options.limit ?? 50, after: options.after, signal },
  });
  const items = page.items.map(toSummaryOutput);
  if (options.json) {
    terminal.print(JSON.stringify({ ...page, items }, null, 2));
    return EXIT.ok;
  }
  if (items.length === 0) terminal.print("Nothing is known yet: trestle-knowledge put adds to it.");
  else
    terminal.print(
      table(
        ["id", "when", "context", "odds", "error", "fix"],
        items.map(({ id, timestamp, context = "", confidence, error, fix = "none known" }) => [
          ...[id, timestamp.slice(0, 16).replace("T", " "), context],
          ...[confidence ? `${Math.round(confidence.value * 100)} %` : "", error, fix],
        ]),
        terminal,
      ),
    );
  if (page.next !== undefined)
    terminal.warn(`${items.length} of ${page.total}; more: --after ${page.next}`);
  return EXIT.ok;
}

async function get({ knowledge, terminal, signal }: Place, id: string): Promise<number> {
  const { record, confidence, occurrences } = await knowledge.get(id, { signal });
  const answer = { ...record, occurrences, odds: toConfidence(confidence) };
  terminal.print(JSON.stringify(answer, null, 2));
  return EXIT.ok;
}

async function stats(
  { knowledge, terminal, clock, signal }: Place,
  { since, json }: { since: string; json?: boolean },
): Promise<number> {
  const from = parseSince(since, clock.now(), "--since");
  const kinds = ["r2-storage", "errors", "learning", "growth"] as const;
  const metrics = await knowledge.metrics(kinds, { since: from, signal });
  if (json) {
    terminal.print(JSON.stringify(metrics, null, 2));
    return EXIT.ok;
  }
  const { "r2-storage": storage, errors, learning, growth } = metrics;
  const share = (value: number | null | undefined) =>
    value === null || value === undefined ? "nothing tried yet" : `${Math.round(value * 100)} %`;
  terminal.print(
    table(
      ["what", "figure"],
      [
        ["where", storage?.where ?? ""],
        ["objects", `${storage?.objects}, ${((storage?.bytes ?? 0) / 1e6).toFixed(1)} MB`],
        ["diagnoses", `${growth?.total}, ${growth?.inPeriod} since ${since}`],
        ["without a fix", `${errors?.withoutFix} of ${errors?.stored}`],
        ["outcomes", `${learning?.outcomes}`],
        ["fixes that worked", share(learning?.successRate)],
      ],
      terminal,
    ),
  );
  return EXIT.ok;
}

async function textOf({ process }: Place, given: string | undefined): Promise<string> {
  if (given !== undefined && given !== "-") return given;
  if (process.stdin.isTTY === true)
    throw new TrestleError(
      "invalid_input",
      'Say which error: trestle-knowledge diagnose "TypeError: x is not a function".',
    );
  const text = (await readText(process.stdin as never)).trim();
  if (text !== "") return text;
  throw new TrestleError("invalid_input", "There was no error on stdin.");
}

/** The first line says what it was, all of it where: as runtimes print errors. */
function toError(text: string): ErrorInput {
  const [, name, message] = /^(?:Uncaught )?([\w$.]+): +(.+)/.exec(text) ?? [];
  const stack = text.includes("\n") ? { stack: text.slice(0, 64_000) } : {};
  if (name === undefined || message === undefined)
    return { message: text.slice(0, 16_000), ...stack };
  return { name, message, ...stack };
}
