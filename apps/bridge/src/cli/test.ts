import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  isJsonObject,
  type JsonObject,
  nearestName,
  parseJson,
  TrestleError,
} from "@trestle/protocol";
import type { Config } from "../config/load.ts";
import type { ServerConfig } from "../config/servers.ts";
import type { Check } from "../server-test/check.ts";
import type { Target } from "../server-test/private-bridge.ts";
import type { Tested } from "../server-test/run.ts";
import { type Cli, load, type Place } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { type Cell, duration, type Paper, paperOf, wrap } from "./format.ts";
import { usage } from "./json-input.ts";
import { numberFor, withJson } from "./options.ts";

interface TestOptions {
  readonly call: readonly string[];
  readonly timeout: string;
  readonly record?: string;
  readonly replay?: string;
  readonly stdio?: boolean;
  readonly json?: boolean;
}

export function addTest(cli: Cli): void {
  const collect = (value: string, all: readonly string[]): string[] => [...all, value];
  const command = cli.program
    .command("test")
    .description("try a server behind a bridge of its own: calls, then deaths, silence, garbage")
    .argument("[server...]", "its server id or URL, or after --: the program and its arguments")
    .option(
      "--call <tool>",
      "call this tool, even if it writes: 'TOOL' or 'TOOL {\"key\": 1}'; may be given again",
      collect,
      [],
    )
    .option("--timeout <seconds>", "how long one attempt at a call may be silent", "10")
    .option("--record <file>", "write what the server was asked and answered, without secrets")
    .option("--replay <file>", "test a record in the place of a server")
    .option("--stdio", "with --replay: be that server, on stdin and stdout")
    .addHelpText("after", EXAMPLES);
  withJson(command).action(async (words: readonly string[], options: TestOptions) => {
    // Not in the person's home: a test leaves nothing behind.
    const folder = mkdtempSync(join(tmpdir(), "trestle-test-log-"));
    try {
      const config = load(cli);
      const isProtocol = options.stdio === true;
      const terminal = cli.parts.openTerminal({ ...config, home: folder }, isProtocol);
      cli.parts.setExitCode(
        await test({ config, terminal }, { words, cwd: cli.parts.cwd }, options),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
}

const EXAMPLES = `
Tools are called only if they say that they only read, and need no arguments, or by --call.

Examples:
  trestle test github
  trestle test https://example.com/mcp --call 'search {"query": "a"}'
  trestle test --record files.jsonl -- npx -y @modelcontextprotocol/server-filesystem .
  trestle test --replay files.jsonl`;

interface TargetWords {
  readonly words: readonly string[];
  /** In which a command is started. */
  readonly cwd: string;
}

async function test(place: Place, named: TargetWords, options: TestOptions): Promise<number> {
  const { config, terminal } = place;
  const calls = new Map(options.call.map(callOf));
  const timeoutMs = numberFor("--timeout")(options.timeout) * 1_000;
  if (!(timeoutMs > 0)) throw usage("--timeout must be more than 0.");
  if (options.stdio) return serve(place, options.replay);
  const target = await targetOf(named, options.replay, config);
  const { testServer } = await import("../server-test/run.ts");
  const stop = new AbortController();
  void terminal.stopped.then(() => stop.abort());
  const paper = paperOf(terminal, config.env);
  const { clock, log, version } = terminal;
  const tested = await testServer({
    ...{ target, config, timeoutMs, calls, clock, log, version },
    signal: stop.signal,
    ...(options.json ? {} : { onCheck: (check) => terminal.print(lineOf(check, paper)) }),
  }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
    throw new TrestleError("cancelled", "Interrupted.", { cause: error });
  });
  if (options.record !== undefined) {
    const { writeRecord } = await import("../server-test/record.ts");
    writeRecord(options.record, tested.exchanges, config.secrets);
  }
  const report = config.secrets.redact(reportOf(tested)) as JsonObject;
  if (options.json) terminal.print(JSON.stringify(report, null, 2));
  else terminal.print(sumOf(tested, options.record));
  return exitOf(tested);
}

async function serve({ terminal }: Place, file: string | undefined): Promise<number> {
  if (file === undefined) throw usage("--stdio needs --replay FILE.");
  const { readRecord } = await import("../server-test/record.ts");
  const { serveReplay } = await import("../server-test/serve-replay.ts");
  await serveReplay(readRecord(file), terminal);
  return EXIT.ok;
}

async function targetOf(
  { words, cwd }: TargetWords,
  replay: string | undefined,
  config: Config,
): Promise<Target> {
  const [first, ...args] = words;
  if (replay !== undefined) {
    if (first !== undefined) throw usage("Name a server or --replay FILE, not both.");
    const { readRecord } = await import("../server-test/record.ts");
    return { kind: "replay", exchanges: readRecord(replay) };
  }
  if (first === undefined) {
    throw usage("Which server? Give a server id, a URL, or a command after --.");
  }
  const common = { id: "tested", aliases: [], commands: [] };
  if (args.length === 0 && /^https?:\/\//.test(first)) {
    if (!URL.canParse(first)) throw usage(`"${first}" is no URL.`);
    return { kind: "server", server: { ...common, kind: "http", entry: { url: first } } };
  }
  const server = args.length === 0 ? configured(first, config) : undefined;
  const entry = { command: first, args, cwd };
  return { kind: "server", server: server ?? { ...common, kind: "stdio", entry } };
}

/** One word is a server id, unless it could only be a program. */
function configured(name: string, { servers, problems }: Config): ServerConfig | undefined {
  const found = servers.find(({ id, aliases }) => id === name || aliases.includes(name));
  if (found) return found;
  const problem = problems.find(({ server, level }) => server === name && level === "error");
  if (problem) throw new TrestleError("invalid_config", `${name}: ${problem.message}`);
  if (!/^[a-z0-9@-]+$/i.test(name)) return undefined;
  const ids = servers.map(({ id }) => id);
  const near = nearestName(name, ids);
  const advice = near ? ` Did you mean "${near}"?` : " A program of one word needs its path.";
  throw usage(`No server "${name}" is configured (${ids.join(", ") || "there is none"}).${advice}`);
}

function callOf(text: string): [string, JsonObject] {
  const [, tool = "", json = ""] = /^(\S+)\s*([\s\S]*)$/.exec(text.trim()) ?? [];
  if (json === "") return [tool, {}];
  try {
    const value = parseJson(json);
    if (isJsonObject(value)) return [tool, value];
  } catch {
    // Told below, as what is JSON and no object is.
  }
  throw usage(`--call: after "${tool}" its arguments must be a JSON object, like {"key": 1}.`);
}

const MARKS: Readonly<Record<Check["status"], Cell>> = {
  ok: { text: "ok", style: "green" },
  warn: { text: "warn", style: "yellow" },
  fail: { text: "FAIL", style: "red" },
  skipped: { text: "skip", style: "dim" },
};
const NAME_WIDTH = 30;

/** Told when it is known: silence is among what is tried. What a client saw is read to its end. */
function lineOf({ check, status, saw, ms }: Check, paper: Paper): string {
  const { text, style = "dim" } = MARKS[status];
  const indent = " ".repeat(NAME_WIDTH + 18);
  const [first = "", ...rest] = wrap(saw, Math.max(30, paper.columns - indent.length));
  const name = check.length > NAME_WIDTH ? `${check.slice(0, NAME_WIDTH - 1)}…` : check;
  const head = `${paper.paint(style, text.padEnd(4))}  ${name.padEnd(NAME_WIDTH)}  ${duration(ms).padStart(8)}  ${first}`;
  return [head, ...rest.map((line) => `${indent}${line}`)].join("\n");
}

function sumOf({ checks, stderr }: Tested, record: string | undefined): string {
  const count = (wanted: Check["status"]): number =>
    checks.filter(({ status }) => status === wanted).length;
  const parts = [
    `${count("ok")} of ${checks.length} checks are well`,
    `${count("warn")} to be looked at`,
    `${count("fail")} failed`,
    `${count("skipped")} skipped`,
  ];
  return [
    "",
    `${parts.join(", ")}.`,
    ...(stderr === undefined ? [] : ["", "Its last words on stderr:", stderr]),
    ...(record === undefined ? [] : [`The traffic is in ${record}.`]),
  ].join("\n");
}

function reportOf({ server, checks, stderr }: Tested): JsonObject {
  return {
    server: server,
    success: checks.every(({ status }) => status !== "fail"),
    checks: checks.map((check): JsonObject => ({ ...check })),
    ...(stderr === undefined ? {} : { stderr }),
  };
}

function exitOf({ checks }: Tested): number {
  if (checks.every(({ status }) => status !== "fail")) return EXIT.ok;
  return checks[0]?.status === "fail" ? EXIT.unavailable : EXIT.failed;
}
