import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type JsonObject, systemClock } from "@trestle/protocol";
import { nodeEnvironment } from "@trestle/testkit/surroundings";
import { createLogger } from "@trestle-mcp/server-kit/serving";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../src/cli/commands.ts";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { exitCodeOf } from "../src/cli/exit-code.ts";
import { createProgram } from "../src/cli/program.ts";
import type { Terminal } from "../src/cli/terminal.ts";
import { startWorld, type World } from "./_rest-examples.ts";

/** Every command against a bridge that runs: what it prints for programs, and what for people. */

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Place {
  readonly home: string;
  readonly isTerminal?: boolean;
}

/** As a process would run it, in this one: a process for each takes half a minute more. */
async function run(words: readonly string[], { home, isTerminal = false }: Place): Promise<Ran> {
  const seen = { code: 0, stdout: "", stderr: "" };
  const print = (text: string): void => {
    seen.stdout += `${text}\n`;
  };
  const output = { isTTY: isTerminal, columns: 120 } as NodeJS.WriteStream;
  const terminal: Terminal = {
    ...{ print, output, pid: process.pid, version: "0.0.0", clock: systemClock },
    input: Readable.from([]) as unknown as NodeJS.ReadStream,
    warn: (text) => {
      seen.stderr += `${text}\n`;
    },
    command: [process.execPath, "/opt/trestle/bin.js"],
    log: createLogger({ stderr: { write: () => true } as never }),
    logFile: join(home, "bridge.log"),
    stopped: new Promise(() => {}),
    onHangup: () => () => {},
  };
  const program = createProgram(
    {
      ...{ version: "0.0.0", cwd: home, print },
      env: { ...nodeEnvironment(), HOME: home, TRESTLE_HOME: home, PATH: process.env.PATH },
      openTerminal: () => terminal,
      setExitCode: (code) => {
        seen.code = code;
      },
    },
    COMMANDS,
  );
  try {
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    seen.code = exitCodeOf(error);
    seen.stderr += String(error);
  }
  return seen;
}

/** Every command that does something, by the words that lead to it. */
function pathsOf(command: Command, path: readonly string[] = []): string[] {
  const below = command.commands.flatMap((each) => pathsOf(each, [...path, each.name()]));
  const isGroup =
    command.commands.length > 0 && !command.options.some(({ long }) => long === "--json");
  return path.length === 0 || isGroup ? below : [path.join(" "), ...below];
}

let world: World;
let home: string;
let other: string;
let reviews: string[];
let signedOut: string;
beforeAll(async () => {
  world = await startWorld();
  const { bridge, admin } = world;
  home = bridge.home;
  other = join(home, "apart");
  mkdirSync(other);
  const write = { tool: "one__write", arguments: { key: "again", beforeMs: 5_000 } };
  await bridge.post("tool/call", write, admin);
  await bridge.post("tool/call", write, admin);
  const { data } = (await bridge.get("review?state=waiting", admin)).body;
  reviews = objectsOf(objectOf(data).items).map(({ id }) => String(id));
  signedOut = world.signedInAt;
  const call = { server: "one", tool: "echo", arguments: { text: "a" } };
  writeFileSync(join(home, "calls.json"), JSON.stringify([call]));
  writeFileSync(join(home, "steps.json"), JSON.stringify({ name: "a", steps: [call] }));
}, 60_000);
afterAll(async () => {
  await world?.stop();
});

interface Tried {
  /** What follows the words of the command. */
  readonly args?: () => readonly string[];
  readonly code?: number;
  /** It changes nothing, so that it is also asked for what people read. */
  readonly reads?: true;
  /** In a home where no bridge runs. */
  readonly apart?: true;
}

/** These take over the terminal, or print what is for a shell. */
const OTHERS = ["completion", "serve"];

/** In the order in which they are tried. */
const TRIED: Readonly<Record<string, Tried>> = {
  status: { reads: true },
  servers: { reads: true },
  "servers stderr": { args: () => ["one"], reads: true },
  "servers restart": { args: () => ["one"] },
  ps: { reads: true },
  doctor: { reads: true, code: 1 },
  tools: { reads: true },
  find: { args: () => ["echo"], reads: true },
  discover: { reads: true },
  call: { args: () => ["one.echo", "text=a"] },
  batch: { args: () => [join(home, "calls.json")] },
  chain: { args: () => [join(home, "steps.json")] },
  history: { reads: true },
  why: { args: () => [world.ids.call], reads: true },
  promote: { args: () => [world.ids.call, "--dry-run"], reads: true },
  metrics: { reads: true },
  performance: { reads: true },
  stats: { reads: true },
  costs: { reads: true },
  tune: { reads: true },
  alerts: { reads: true },
  events: { args: () => ["--since", "0", "--count", "2"], reads: true },
  "cache stats": { reads: true },
  "cache clear": {},
  "cache off": {},
  "cache on": {},
  "review list": { reads: true },
  "review show": { args: () => [reviews[0] ?? ""], reads: true },
  "review reject": { args: () => [reviews[0] ?? ""] },
  "review approve": { args: () => [reviews[1] ?? ""], code: 1 },
  "review edit": { args: () => [reviews[2] ?? "", "beforeMs=0"] },
  pins: { reads: true },
  "pins diff": { args: () => ["one"], reads: true },
  "pins approve": { args: () => ["one", "--yes"] },
  webhooks: { reads: true },
  "webhooks replay": { args: () => [world.ids.letter] },
  auth: { reads: true },
  "auth login": { args: () => ["guarded", "--url", signedOut] },
  "auth logout": { args: () => ["guarded"] },
  keys: { reads: true },
  "keys create": { args: () => ["d"] },
  "keys rotate": { args: () => [world.ids.rotated] },
  "keys revoke": { args: () => [world.ids.revoked] },
  "audit list": { reads: true },
  "audit verify": { reads: true },
  "audit export": {},
  // The server that is tried keeps no call apart from another.
  test: { args: () => ["one", "--timeout", "1"], code: 1 },
  backup: { args: () => ["kept"] },
  import: { args: () => ["--dry-run"], reads: true },
  uninstall: { args: () => ["--dry-run"], reads: true },
  add: { args: () => ["extra", "--url", "https://example.com/mcp", "--dry-run"], reads: true },
  remove: { args: () => ["one", "--dry-run"], reads: true },
  "config check": { reads: true },
  "config schema": {},
  "config print": { args: () => ["--host", "cursor"], reads: true },
  "config get": { args: () => ["policy"], reads: true },
  "config set": { args: () => ["history.maxRows", "5000"] },
  "config unset": { args: () => ["history.maxRows"] },
  openapi: {},
  operation: { reads: true },
  "service install": { args: () => ["--dry-run"], reads: true },
  "service uninstall": { args: () => ["--dry-run"], reads: true },
  "service status": { code: 1 },
  reset: { args: () => ["--yes", "--no-backup"], apart: true },
  restore: { args: () => [join(home, "kept"), "--yes"], apart: true },
  stop: {},
};

function documentsIn(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line) as unknown);
  }
}

const tried = Object.entries(TRIED);
const wordsOf = (path: string, { args }: Tried) => [...path.split(" "), ...(args?.() ?? [])];
const placeOf = ({ apart }: Tried) => ({ home: apart ? other : home });

test("every command is tried here", () => {
  const parts = {
    ...{ version: "0.0.0", cwd: "/", env: {}, setExitCode() {}, print() {} },
    openTerminal(): never {
      throw new Error("No command runs here.");
    },
  };
  const known = pathsOf(createProgram(parts, COMMANDS));
  expect(known.toSorted()).toEqual([...Object.keys(TRIED), ...OTHERS].toSorted());
});

describe("for people", () => {
  const reading = tried.filter(([, { reads }]) => reads);

  test.each(reading)("%s prints no JSON, and no colours where nobody looks", async (path, each) => {
    const ran = await run(wordsOf(path, each), placeOf(each));
    expect([ran.code, ran.stderr]).toEqual([each.code ?? 0, expect.any(String)]);
    expect(ran.stdout).not.toBe("");
    expect(ran.stdout).not.toContain("\u001b[");
  });

  test("a terminal gets colours, unless NO_COLOR says otherwise", async () => {
    const ran = await run(["history"], { home, isTerminal: true });
    expect(ran.stdout).toContain("\u001b[");
  });
});

describe("--json", () => {
  test.each(tried)("%s prints one document, or one on each line", async (path, each) => {
    const ran = await run([...wordsOf(path, each), "--json"], placeOf(each));
    expect(ran).toEqual({
      ...{ code: each.code ?? 0, stdout: expect.stringMatching(/^[{[]/) },
      stderr: expect.any(String),
    });
    const documents = documentsIn(ran.stdout);
    expect(documents).not.toEqual([]);
    for (const each of documents) expect(each as JsonObject).toEqual(expect.any(Object));
    expect(ran.stdout).not.toContain("\u001b[");
  });
});
