import { EXIT } from "@trestle/protocol";
import { type ShownSession, showSession } from "../reports/conversations.ts";
import type { Evidence } from "../reports/evidence.ts";
import { findProject } from "../reports/find-project.ts";
import type { RelatedConversations } from "../reports/related-conversations.ts";
import { timeOf } from "../reports/time.ts";
import { correlateConversations } from "../tools/correlate-conversations.ts";
import { searchHistory } from "../tools/search-history.ts";
import { ask } from "./ask.ts";
import { untilCaughtUp } from "./catching-up.ts";
import { countFor, oneOf, type Scope, someOf, withJson, withScope } from "./options.ts";
import type { Place, TrackerCli } from "./place.ts";
import { fittedTable, minute, printJson, shortProject } from "./show.ts";

interface SearchOptions extends Scope {
  readonly session?: string;
  readonly agent?: string;
  readonly kinds?: readonly string[];
  readonly order?: string;
  readonly after?: string;
}

interface Hits {
  readonly hits: readonly {
    readonly snippet: string;
    readonly type: string;
    readonly project: string;
    readonly evidence: Evidence;
  }[];
  readonly next?: string;
}

const AGENTS = ["claude-code", "codex", "gemini", "chat", "log"] as const;
const KINDS = ["prompt", "reply", "call", "result", "notice", "line", "thinking"] as const;
const SESSIONS = 20;

/** The commands that ask what was said, and in which session. */
export function addAsking({ program, runs }: TrackerCli): void {
  const search = program
    .command("search")
    .description("search the full text of all sessions and logs that were read")
    .argument("<words...>", 'all of which are there; "in this order"; begin* of words')
    .option("--session <id>", "only in this session")
    .option("--agent <name>", `only of ${AGENTS.join(", ")}`, oneOf("--agent", AGENTS))
    .option("--kinds <names>", `only ${KINDS.join(", ")}`, someOf("--kinds", KINDS))
    .option("--order <name>", "newest or relevance", oneOf("--order", ["newest", "relevance"]))
    .option("--after <place>", "`next` of the page before");
  withScope(search, { since: "all time", limit: [20, 50] }).action(runs(find));
  const conversations = program
    .command("conversations")
    .description("list sessions, the newest first; find those that deal with the same")
    .enablePositionalOptions()
    .option("--agent <name>", `only of ${AGENTS.join(", ")}`, oneOf("--agent", AGENTS))
    .option("--after <place>", "`next` of the page before");
  withScope(conversations, { since: "all time", limit: [SESSIONS, 200] }).action(runs(list));
  withJson(
    conversations
      .command("related")
      .description("find the sessions that deal with the same as one does")
      .argument("[session]", "the last one by default")
      .option("--project <name>", "the last one of this project")
      .option("--limit <number>", "so many at most; 10 by default", countFor("--limit", 50)),
  ).action(runs(related));
}

async function find(
  place: Place,
  words: string[],
  { json, after, ...given }: SearchOptions,
): Promise<number> {
  const { terminal } = place;
  const query = words.map(quoted).join(" ");
  const answer = await ask<Hits>(place, searchHistory, { ...given, query, cursor: after });
  if (json) {
    printJson(place, answer);
    return EXIT.ok;
  }
  if (answer.hits.length === 0) terminal.print("Nothing was found.");
  for (const { snippet, project, evidence } of answer.hits) {
    terminal.print(
      `${terminal.bold(`${minute(evidence.at)}  ${shortProject(project)}  ${evidence.session}`)}\n  ${snippet.replaceAll(/\s+/g, " ").trim()}\n  ${evidence.path} at byte ${evidence.offset}`,
    );
  }
  if (answer.next !== undefined) terminal.warn(`There are more: --after ${answer.next}`);
  return EXIT.ok;
}

/** A shell takes the quotes off: several words in one are meant in their order. */
function quoted(word: string): string {
  return /\s/.test(word) && !word.includes('"') ? `"${word}"` : word;
}

interface ListOptions extends Scope {
  readonly agent?: (typeof AGENTS)[number];
  readonly after?: string;
}

async function list(place: Place, options: ListOptions): Promise<number> {
  const { terminal, clock } = place;
  const { json, agent, after, limit = SESSIONS } = options;
  const state = await place.open({ reading: true, health: false });
  await untilCaughtUp(state, place);
  const project = await findProject(state.store, options.project);
  const { items, next } = await state.store.sessions({
    limit,
    ...(project !== undefined && { project }),
    ...(agent !== undefined && { agent }),
    ...(options.since !== undefined && { from: timeOf(options.since, clock.now(), "--since") }),
    ...(after !== undefined && { cursor: after }),
  });
  const conversations = items.map(showSession);
  if (json) printJson(place, { conversations, ...(next !== undefined && { next }) });
  else if (conversations.length === 0) terminal.print("No session is known yet.");
  else {
    terminal.print(sessionTable(conversations, place));
    if (next !== undefined) terminal.warn(`There are more: --after ${next}`);
  }
  return EXIT.ok;
}

function sessionTable(sessions: readonly ShownSession[], { terminal }: Place): string {
  const hasTitles = sessions.some(({ title }) => title !== undefined);
  return fittedTable(
    ["last", "project", ...(hasTitles ? ["title"] : []), "lines", "errors", "session"],
    sessions.map(({ last, project, title = "", records, errors, session }) => [
      ...[minute(last), shortProject(project), ...(hasTitles ? [title] : [])],
      ...[records, errors, session],
    ]),
    { terminal, cut: "title", droppable: ["lines", "project", "errors"] },
  );
}

async function related(
  place: Place,
  session: string | undefined,
  { json, ...given }: Omit<Scope, "since">,
): Promise<number> {
  const answer = await ask<RelatedConversations>(place, correlateConversations, {
    ...{ ...given, session },
  });
  if (json) {
    printJson(place, answer);
    return EXIT.ok;
  }
  const { terminal } = place;
  const { session: of, related: others } = answer;
  terminal.print(`${of.session}  ${shortProject(of.project)}  ${of.title ?? ""}`.trimEnd());
  if (others.length === 0) terminal.print("No other session deals with the same.");
  for (const each of others) {
    const shares = each.shares.map(({ kind, what }) => `    ${kind}: ${what}`);
    terminal.print(
      [
        terminal.bold(`${each.score}  ${minute(each.last)}  ${each.session}`),
        ...(each.title === undefined ? [] : [`  ${each.title}`]),
        ...shares,
      ].join("\n"),
    );
  }
  return EXIT.ok;
}
