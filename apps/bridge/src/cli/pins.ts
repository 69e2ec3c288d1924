import type { JsonObject } from "@trestle/protocol";
import { visible } from "../catalog/pins/visible.ts";
import { type AskBridge, askOperation, withBridge } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { confirm } from "./confirm.ts";
import { objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { type Paper, paperOf, table } from "./format.ts";
import { given, withJson } from "./options.ts";

interface PinsOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
}

export function addPins(cli: Cli): void {
  const pins = cli.program
    .command("pins")
    .description("which definitions of the servers are approved, and which wait for that");
  withJson(pins).action(runs(cli, list));
  const diff = pins
    .command("diff [server]")
    .description("what changed: of all servers, of SERVER, or of SERVER.TOOL");
  withJson(diff).action(
    runs(cli, (place, name: string | undefined, options: PinsOptions) =>
      showDiff(place, name, { ...options, ...pins.opts<PinsOptions>() }),
    ),
  );
  const approve = pins
    .command("approve <server>")
    .description("show what changed in SERVER or SERVER.TOOL, ask, and approve just that")
    .option("--yes", "approve without asking");
  withJson(approve).action(
    runs(cli, (place, name: string, options: PinsOptions) =>
      approveShown(place, name, { ...options, ...pins.opts<PinsOptions>() }),
    ),
  );
}

/** `SERVER` or `SERVER.NAME`: no server id holds a dot, and many tools do. */
function placeOf(named: string): JsonObject {
  const dot = named.indexOf(".");
  if (dot === -1) return { server: named };
  return { server: named.slice(0, dot), name: named.slice(dot + 1) };
}

async function list(place: Place, { json }: PinsOptions): Promise<number> {
  const { terminal, config } = place;
  const answer = await askOperation("pins", {}, place);
  if (json) terminal.print(JSON.stringify(answer, null, 2));
  else terminal.print(overview(answer, paperOf(terminal, config.env)));
  return EXIT.ok;
}

function overview(answer: JsonObject, paper: Paper): string {
  const servers = objectsOf(answer.servers);
  const columns = [
    { title: "SERVER" },
    { title: "MODE" },
    { title: "PINNED", align: "right" as const },
    { title: "WAITING", flexible: true },
  ];
  const rows = servers.map(({ server, mode, pinned, waiting, gone }) => {
    const waits = objectsOf(waiting).map(({ name, state }) => `${nameOf(name)} (${text(state)})`);
    const left = objectsOf(gone).map(({ name }) => `${nameOf(name)} (gone)`);
    return [text(server), text(mode), text(pinned), [...waits, ...left].join(", ")];
  });
  const problem =
    answer.problem === undefined ? [] : [paper.paint("red", text(answer.problem)), ""];
  if (rows.length === 0) return [...problem, "Nothing is pinned."].join("\n");
  const isWaiting = servers.some(({ waiting }) => objectsOf(waiting).length > 0);
  const next = isWaiting ? ["", "See what changed with `trestle pins diff`."] : [];
  return [...problem, table(columns, rows, paper), "", `  ${text(answer.lock_file)}`, ...next].join(
    "\n",
  );
}

async function showDiff(
  place: Place,
  named: string | undefined,
  { json }: PinsOptions,
): Promise<number> {
  const { terminal, config } = place;
  const diffs = await withBridge(place, async (ask) => {
    const places = named === undefined ? await waitingServers(ask) : [placeOf(named)];
    return Promise.all(places.map((each) => ask("pins_diff", each)));
  });
  const paper = paperOf(terminal, config.env);
  if (json) terminal.print(JSON.stringify(named === undefined ? diffs : diffs[0], null, 2));
  else terminal.print(diffs.flatMap((each) => diffLines(each, paper)).join("\n") || NOTHING);
  return EXIT.ok;
}

async function waitingServers(ask: AskBridge): Promise<JsonObject[]> {
  const { servers } = await ask("pins", {});
  return objectsOf(servers)
    .filter(({ waiting, gone }) => objectsOf(waiting).length + objectsOf(gone).length > 0)
    .map(({ server }) => given({ server }));
}

const NOTHING = "Nothing waits: everything is as it was approved.";

/** Approves what was shown, and not what came meanwhile. */
async function approveShown(
  place: Place,
  named: string,
  { json, yes }: PinsOptions,
): Promise<number> {
  const { terminal, config } = place;
  const paper = paperOf(terminal, config.env);
  return withBridge(place, async (ask) => {
    const asked = placeOf(named);
    const shown = await ask("pins_diff", asked);
    const lines = diffLines(shown, paper);
    if (!json) terminal.print(lines.length === 0 ? NOTHING : lines.join("\n"));
    if (lines.length === 0 && !json) return EXIT.ok;
    if (!yes) {
      const sure = await confirm(terminal, {
        question: "Approve this?",
        nobody: "Nothing was approved: nobody can be asked here. Say --yes to approve it.",
        no: "Nothing was approved.",
      });
      if (sure !== "yes") return sure === "no" ? EXIT.ok : EXIT.usage;
    }
    const answer = await ask("pins_approve", given({ ...asked, digest: shown.digest }));
    terminal.print(json ? JSON.stringify(answer, null, 2) : outcome(answer));
    return EXIT.ok;
  });
}

function outcome({ server, approved, forgotten }: JsonObject): string {
  const names = [...objectsOf(approved), ...objectsOf(forgotten)].map(({ name }) => nameOf(name));
  return `Approved: ${names.join(", ")} of ${text(server)}.`;
}

/** Its server chose it. */
function nameOf(name: JsonObject[string]): string {
  return visible(text(name));
}

const STATES: Readonly<Record<string, string>> = {
  changed: "changed since it was approved",
  new: "new",
  suspect: "never approved by anybody",
  unverified: "nobody knows what was approved",
};

function diffLines({ server, definitions, gone }: JsonObject, paper: Paper): string[] {
  const changed = objectsOf(definitions).flatMap((each) => {
    const { kind, name, state, withheld, findings, diff } = each;
    const use = withheld === true ? "withheld" : "in use";
    const head = `${text(server)}.${nameOf(name)} (${text(kind)}): ${STATES[text(state)]}; ${use}`;
    return [
      paper.paint("bold", head),
      ...linesOf(findings).map((line) => paper.paint("red", `  ! ${line}`)),
      ...linesOf(diff).map((line) => coloured(line, paper)),
      "",
    ];
  });
  const left = objectsOf(gone).map(
    ({ kind, name }) =>
      `${text(server)}.${nameOf(name)} (${text(kind)}): gone; approving forgets it`,
  );
  return [...changed, ...left];
}

function linesOf(value: JsonObject[string]): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function coloured(line: string, paper: Paper): string {
  if (line.startsWith("+")) return `  ${paper.paint("green", line)}`;
  return `  ${paper.paint(line.startsWith("-") ? "red" : "dim", line)}`;
}
