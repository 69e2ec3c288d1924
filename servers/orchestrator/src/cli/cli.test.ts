import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { beforeEach, expect, test, vi } from "vitest";
import type { Execution } from "../workflows/execution.ts";
import { runCli } from "./main.ts";
import { openScreen } from "./screen.ts";
import { lineOf, treeOf } from "./tree.ts";

vi.setConfig({ testTimeout: 60_000 });
let home: string;
beforeEach(() => {
  home = temporaryFolder();
});

/** In this process: the same words, streams and exit code, without the start of a program. */
async function run(words: readonly string[], { input = "", isTTY = false } = {}) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(input);
  const code = runCli(words, {
    ...{ argv: ["node", "bin", ...words], env: { TRESTLE_HOME: home }, cwd: () => home },
    ...{ stdin, stdout: Object.assign(stdout, { isTTY, columns: 100 }), stderr },
    ...{ on: () => {}, off: () => {} },
  });
  const ended = Promise.resolve(code).finally(() => [stdout, stderr].map((stream) => stream.end()));
  const [out, error] = await Promise.all([text(stdout), text(stderr), ended]);
  return { code: await ended, out, error };
}

const waits = `
id: pause
steps:
  - { id: first, type: condition, condition: 2 > 1 }
  - { id: short, type: wait, for: 50ms }
  - { id: ask, type: approval, message: Go on?, when: "\${input.ask}" }
input: { ask: false }
output: { first: "\${results.first}" }
`;

test("no word and flags are the server's", () => {
  const process = {} as never;
  expect(runCli([], process)).toBeUndefined();
  expect(runCli(["--http"], process)).toBeUndefined();
});

test("--help shows the commands", async () => {
  const { out } = await run(["--help"]);
  for (const word of [
    "workflows",
    "run",
    "watch",
    "executions",
    "schedules",
    "templates",
    "swarms",
  ])
    expect(out).toContain(`  ${word}`);
});

test("a workflow is registered, listed, drawn, run and watched", async () => {
  writeFileSync(join(home, "pause.yaml"), waits);
  expect((await run(["workflows", "register", "pause.yaml"])).out).toBe(
    "pause, version 1, 3 steps\n",
  );
  expect((await run(["workflows", "list"])).out).toMatch(/^id .*\npause +1 +3/);
  expect((await run(["workflows", "render", "pause"])).out).toContain("flowchart TD");
  const ran = await run(["run", "pause", "--json"]);
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.out)).toMatchObject({ status: "succeeded", output: { first: true } });
  const watched = await run(["run", "pause", "--watch"]);
  expect(watched.out).toMatch(
    /✓ first {2}succeeded.*[\s\S]*✓ short {2}succeeded, \d+ ms[\s\S]*pause succeeded/,
  );
  const drawn = await run(["run", "pause", "--watch"], { isTTY: true });
  expect(drawn.out).toContain("\u001b[2Kpause succeeded");
  const { executionId } = JSON.parse(ran.out);
  expect((await run(["watch", executionId])).out).toContain("pause succeeded");
  expect((await run(["executions", "list", "--json"])).out).toContain(executionId);
  expect((await run(["workflows", "render", executionId, "--svg"])).out).toContain(
    "step succeeded",
  );
});

test("an execution that asks is approved or refused from the command line", async () => {
  await run(["workflows", "register", "-"], { input: waits });
  const begun = await run(["run", "pause", "--input", '{"ask":true}', "--json"]);
  const { executionId, status } = JSON.parse(begun.out);
  expect(status).toBe("waiting");
  expect((await run(["executions", "show", executionId])).out).toMatch(
    /⏸ ask {2}waiting, .*asks: Go on/,
  );
  const refused = await run(["executions", "refuse", executionId, "ask", "not today"]);
  expect(refused.code).toBe(0);
  const ended = await run(["watch", executionId]);
  expect(ended).toMatchObject({ code: 1, error: expect.stringContaining("not today") });
  expect((await run(["executions", "resume", executionId])).out).toContain("ask");
  await run(["executions", "cancel", executionId]);
  const listed = await run(["executions", "list", "--status", "cancelled"]);
  expect(listed.out).toContain(executionId);
});

test("schedules, templates and swarms are listed, set and deleted", async () => {
  expect(JSON.parse((await run(["templates", "list", "--json"])).out)).toHaveLength(6);
  const bound = ["templates", "register", "ocr_processing", "--id", "mine"];
  expect((await run([...bound, "--bind", '{"database":"pg"}'])).out).toContain("mine, version 1");
  expect(JSON.parse((await run(["workflows", "show", "mine"])).out).steps[2].server).toBe("pg");
  const set = ["schedules", "set", "nightly", "health_recovery", "--cron", "0 3 * * *"];
  expect((await run([...set, "--input", '{"deployment":"web"}'])).out).toContain("T03:00:00.000Z");
  expect((await run(["schedules", "list"])).out).toMatch(/nightly +health_recovery +0 3/);
  expect((await run(["schedules", "delete", "nightly"])).code).toBe(0);
  expect((await run(["schedules", "delete", "nightly"])).code).toBe(1);
  expect((await run(["triggers", "set", "t", "health_recovery", "--topic", "down"])).code).toBe(0);
  expect(JSON.parse((await run(["swarms", "list", "--json"])).out)).toEqual([]);
});

test.each([
  [["run", "nothing"], 1, 'There is no workflow "nothing"'],
  [["run", "ocr_processing", "--input", "{"], 2, "--input is no JSON"],
  [["run", "ocr_processing"], 2, "lacks path"],
  [["workflows", "register", "gone.yaml"], 2, "cannot be read"],
  [["executions", "list", "--status", "odd"], 2, "--status must be one of"],
  [["schedules", "set", "a", "ocr_processing", "--cron", "x"], 2, "cron"],
  [["rnu"], 2, "unknown command"],
] as const)("%j says what is wrong", async (words, code, problem) => {
  const { error, ...ended } = await run(words);
  expect({ code: ended.code, error }).toEqual({ code, error: expect.stringContaining(problem) });
});

test("a tree of ten thousand steps fits the screen, and shows what is at work", () => {
  const steps = Array.from({ length: 10_000 }, (_, at) => ({
    id: `n${at}`,
    status: at === 9_000 ? "running" : "pending",
    startedAt: new Date(0).toISOString(),
  }));
  const execution = {
    ...{ executionId: "e", workflow: "w", version: "1", status: "running", steps, waitingFor: [] },
    startedAt: new Date(0).toISOString(),
  } as unknown as Execution;
  const lines = treeOf(execution, 5_000, 20);
  expect(lines).toHaveLength(20);
  expect(lines.join("\n")).toContain("▸ n9000  running, 5.0 s");
  expect(lines.at(-1)).toContain("9982 more: 9999 pending, 1 running");
});

test("what servers write does nothing on the terminal", () => {
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 60 });
  const execution = { waitingFor: [] } as unknown as Execution;
  const reason = "\u001b[2J\u001b]0;title\u0007gone";
  const line = lineOf({ id: "a", status: "failed", reason }, execution, 0);
  openScreen({ process: { stdout, env: {} } as never })?.show([line]);
  const written = String(stdout.read());
  expect(written).not.toContain("\u001b[2J");
  expect(written).not.toContain("\u0007");
});
