import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger, systemClock } from "@trestle/protocol";
import { temporaryFolder, until } from "@trestle/testkit/surroundings";
import { createProcessRegistry } from "@trestle/upstream";
import { groupAlive } from "@trestle/upstream/processes";
import { afterEach, expect, test } from "vitest";
import { endMarked } from "./processes-of.ts";
import { type CommandSpec, runCommand } from "./run-command.ts";

const environment = { PATH: process.env.PATH, SECRET: "swordfish" };
const registry = createProcessRegistry({ log: silentLogger, environment });
afterEach(() => registry.close());

const spec = (script: string, more: Partial<CommandSpec> = {}): CommandSpec => ({
  command: [process.execPath, "-e", script],
  cwd: temporaryFolder(),
  env: {},
  timeoutMs: 20_000,
  maxOutputBytes: 1_000_000,
  ...more,
});
const parts = { clock: systemClock, environment, id: `test-${process.pid}` };

test.each([
  ["alone", {}],
  ["among processes that are watched", { registry }],
])("a command is given its input and its variables, and nothing of ours (%s)", async (_, more) => {
  const script =
    "process.stdin.on('data', (text) => console.log(String(text), process.env.MINE, process.env.SECRET))";
  const given = spec(script, { input: "told", env: { MINE: "1" } });
  expect(await runCommand(given, { ...parts, ...more })).toMatchObject({
    passed: true,
    output: "told 1 undefined\n",
  });
  const deaf = spec("process.stdin.destroy()", { input: "x".repeat(1_000_000) });
  expect(await runCommand(deaf, { ...parts, ...more })).toMatchObject({ passed: true });
});

test("more of what it says is kept where more is wanted", async () => {
  const { output } = await runCommand(spec("console.log('x'.repeat(20_000))"), parts);
  expect(output.length).toBeLessThan(9_000);
  const tail = spec("console.log('x'.repeat(20_000))", { tailBytes: 30_000 });
  expect((await runCommand(tail, parts)).output).toHaveLength(20_001);
});

test.runIf(process.platform === "linux")("what left its group is found by its mark", async () => {
  const folder = temporaryFolder();
  const pid = join(folder, "pid");
  const strays = `
    const { spawn } = require("node:child_process");
    const stray = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    require("node:fs").writeFileSync(${JSON.stringify(pid)}, String(stray.pid));
    setInterval(() => {}, 1000);
  `;
  const stop = new AbortController();
  const id = `stray-${process.pid}`;
  const running = runCommand(spec(strays), { ...parts, id }, stop.signal);
  await until("it has strayed", () => existsSync(pid) && readFileSync(pid, "utf8") !== "");
  const stray = Number(readFileSync(pid, "utf8"));
  endMarked(id);
  await until("it is ended", () => !groupAlive(stray));
  stop.abort();
  expect(await running).toMatchObject({ passed: false });
});
