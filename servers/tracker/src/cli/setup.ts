import { access, chmod, mkdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { table } from "@trestle/cli";
import { EXIT, messageOf, TrestleError } from "@trestle/protocol";
import { renderEnvExample } from "@trestle-mcp/server-kit";
import { hookSettings } from "../hook/settings-snippet.ts";
import { server } from "../server.ts";
import { findFiles } from "../sources/find-files.ts";
import type { Source } from "../sources/source.ts";
import { createProblems } from "../tail/problems.ts";
import { type Json, withJson } from "./options.ts";
import type { Place, TrackerCli } from "./place.ts";
import { printJson } from "./show.ts";

interface Options extends Json {
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/** What is to be read of one source. */
export interface FoundSource {
  readonly name: string;
  readonly kind: string;
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  /** What keeps it from being read. */
  readonly problems: readonly string[];
}

const COMMAND = { command: "npx", args: ["-y", "@trestle-mcp/tracker"] };

/** The command for the first day. */
export function addSetup({ program, runs }: TrackerCli): void {
  withJson(
    program
      .command("setup")
      .description(
        "tell what is found here, write a file of settings, and print what assistants need",
      )
      .option("--dry-run", "write nothing")
      .option("--force", "write the file anew where it is there already"),
  ).action(runs(setup));
  // Both are done before commands are looked at; they are named here for whoever asks what there is.
  program
    .command("serve")
    .description(
      "speak MCP on stdio, or HTTP with --http: what the program does without a command",
    );
  program
    .command("hook")
    .description("keep the event of an assistant that stands on stdin; --print-settings says how");
}

async function setup(place: Place, { json, dryRun, force }: Options): Promise<number> {
  const state = await place.open({ reading: false, health: false });
  const sources = await findSources(await state.watchList.list(), place);
  const file = join(place.dataDir, ".env");
  const isWritten = dryRun !== true && (await writeSettings(file, place, force === true));
  const client = { mcpServers: { tracker: COMMAND } };
  const hooks = hookSettings(`${COMMAND.command} ${COMMAND.args.join(" ")} hook`);
  if (json) {
    const settings = { path: file, isWritten };
    printJson(place, { sources, settings, client, hooks: JSON.parse(hooks) });
    return EXIT.ok;
  }
  const { terminal } = place;
  const found = sources.map(({ name, files, bytes, path }) => [
    ...[name, files, `${(bytes / 1e6).toFixed(1)} MB`, path],
  ]);
  terminal.print(
    [
      table(["source", "files", "size", "path"], found, terminal),
      "",
      whereKept(place),
      isWritten
        ? `Settings are in ${file}, each with what it means.`
        : `Settings belong into ${file}${dryRun ? "" : ", which is there already and was left as it is"}.`,
      "",
      terminal.bold("For an assistant"),
      `claude mcp add tracker -- ${COMMAND.command} ${COMMAND.args.join(" ")}`,
      "or, for other hosts:",
      JSON.stringify(client, null, 2),
      "",
      terminal.bold("Hooks for Claude Code, by which tasks and ends of sessions are known at once"),
      `They are not needed. Into ${join(state.home, ".claude", "settings.json")}:`,
      shortHooks(hooks),
      "",
      "Then: trestle-tracker doctor, trestle-tracker ingest, trestle-tracker tasks.",
    ].join("\n"),
  );
  for (const problem of sources.flatMap(({ problems }) => problems)) terminal.warn(problem);
  return EXIT.ok;
}

/** Files of each source as they are now. */
export async function findSources(
  sources: readonly Source[],
  { clock }: Pick<Place, "clock">,
): Promise<readonly FoundSource[]> {
  return Promise.all(
    sources.map(async (source) => {
      const problems = createProblems(clock);
      const { files } = await findFiles(source, { host: hostname(), problems });
      return {
        ...{ name: source.name, kind: source.kind, path: source.path, files: files.length },
        bytes: files.reduce((sum, { size }) => sum + size, 0),
        problems: problems.list().map(({ message }) => message),
      };
    }),
  );
}

export function whereKept({ config, dataDir }: Pick<Place, "config" | "dataDir">): string {
  const { redisUrl, redisCluster, redisPrefix } = config;
  if (redisCluster.length > 0)
    return `What is tracked is kept in the Redis Cluster of ${redisCluster.join(", ")}, below ${redisPrefix}.`;
  if (redisUrl === undefined)
    return `What is tracked is kept in SQLite, in ${config.dataDir ?? join(dataDir, "store")}.`;
  return `What is tracked is kept in Redis at ${new URL(redisUrl).host}, in databases 10 and 1, below ${redisPrefix}.`;
}

export function isInSqlite({ config }: Pick<Place, "config">): boolean {
  return config.redisUrl === undefined && config.redisCluster.length === 0;
}

/** False where a file is there that was left. Only its owner may read it: it may hold an address with a password. */
async function writeSettings(file: string, place: Place, force: boolean): Promise<boolean> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere && !force) return false;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, settingsText(place), { mode: 0o600 });
    await chmod(file, 0o600);
    return true;
  } catch (error) {
    throw new TrestleError("invalid_input", `${file} can not be written: ${messageOf(error)}.`);
  }
}

/** Every setting with what it means; those that are set now are set in it. */
function settingsText({ config }: Pick<Place, "config">): string {
  const now = config as Readonly<Record<string, unknown>>;
  const set = server.configFields.flatMap(({ key, env, default: preset }) => {
    const value = now[key];
    const isSet = value !== undefined && JSON.stringify(value) !== JSON.stringify(preset);
    return isSet ? [`${env}=${quoted(textOf(value))}`] : [];
  });
  const all = renderEnvExample(server).trimEnd();
  const told = set.length === 0 ? "" : `\n\n# Set when this file was written:\n${set.join("\n")}`;
  return `${all}${told}\n`;
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? JSON.stringify(value) : String(value);
}

/** As files of variables are read: without quotes a # would begin a remark. */
function quoted(text: string): string {
  if (!/[#\s"'`]/.test(text)) return text;
  const quote = ["'", '"', "`"].find((each) => !text.includes(each)) ?? "'";
  return `${quote}${text}${quote}`;
}

/** The same JSON with one event a line: a person sees all of it at once. */
function shortHooks(text: string): string {
  const { hooks } = JSON.parse(text) as { hooks: Record<string, unknown> };
  const lines = Object.entries(hooks).map(
    ([event, called]) => `    ${JSON.stringify(event)}: ${JSON.stringify(called)}`,
  );
  return `{\n  "hooks": {\n${lines.join(",\n")}\n  }\n}`;
}
