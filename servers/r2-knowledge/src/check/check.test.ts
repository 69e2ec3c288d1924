import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@trestle/protocol";
import { groupAlive } from "@trestle/upstream/processes";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createIds } from "../records/ids.ts";
import { type CheckConfig, runCheck } from "./run-check.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trestle-checked-"));
  mkdirSync(join(folder, "work"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const clock = systemClock;
const parts = {
  clock,
  ids: createIds({ clock }),
  environment: { PATH: process.env.PATH, API_TOKEN: "swordfish", HOME: "/root" },
};
const limits = {
  timeoutMs: 20_000,
  maxOutputBytes: 1_000_000,
  maxMemoryBytes: 2 ** 31,
  maxCopyBytes: 10_000_000,
  maxCopyFiles: 1_000,
};
const config = (script: string, more: Partial<CheckConfig> = {}): CheckConfig => ({
  command: [process.execPath, "-e", script],
  folder: join(folder, "work"),
  ...limits,
  ...more,
});
const run = (script: string, more?: Partial<CheckConfig>, signal?: AbortSignal) =>
  runCheck(config(script, more), parts, signal);
/** Where a program of the check says who it is, outside of its copy. */
const said = () => join(folder, "said");
const say = `require("fs").writeFileSync(${JSON.stringify("SAID")}, String(process.pid))`;
const saying = () => say.replace("SAID", said());

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("a check", () => {
  test("passes by its exit code, and tells what it said", async () => {
    expect(await run("console.log('all 3 tests pass')")).toMatchObject({
      passed: true,
      exitCode: 0,
      stopped: undefined,
      output: "all 3 tests pass\n",
    });
    expect(await run("console.error('1 failed'); process.exit(3)")).toMatchObject({
      passed: false,
      exitCode: 3,
      output: "1 failed\n",
    });
  });

  test("works on a copy: what it changes or deletes stays as it was", async () => {
    writeFileSync(join(folder, "work", "a.txt"), "kept");
    symlinkSync(join(folder, "work", "a.txt"), join(folder, "work", "link"));
    const result = await run(`
      const fs = require("fs");
      fs.writeFileSync("link", "changed through the link");
      console.log(fs.readFileSync("a.txt", "utf8"), process.cwd());
      fs.writeFileSync("new.txt", "");
    `);
    const [, cwd = ""] = /link (.*)\n/.exec(result.output) ?? [];
    expect(result.output).toContain("changed through the link");
    expect(readFileSync(join(folder, "work", "a.txt"), "utf8")).toBe("kept");
    expect(await readdir(join(folder, "work"))).toEqual(["a.txt", "link"]);
    expect(cwd).not.toBe("");
    expect(existsSync(cwd)).toBe(false);
  });

  test("sees no secret of ours, and has a home of its own", async () => {
    const { output } = await run("console.log(JSON.stringify(process.env))");
    expect(output).not.toContain("swordfish");
    expect(JSON.parse(output)).toMatchObject({
      CI: "1",
      HOME: expect.stringContaining("trestle-check-"),
    });
    expect(JSON.parse(output).HOME).not.toBe("/root");
  });

  test("that does not end is ended", async () => {
    const result = await run("process.on('SIGTERM', () => {}); setInterval(() => {}, 9)", {
      timeoutMs: 300,
    });
    expect(result).toMatchObject({ passed: false, stopped: "timeout", endedBy: "SIGKILL" });
  });

  test("that says too much is ended, and the end of it is kept", async () => {
    const result = await run("setInterval(() => process.stdout.write('x'.repeat(60000)), 1)", {
      maxOutputBytes: 500_000,
    });
    expect(result).toMatchObject({ passed: false, stopped: "output" });
    expect(result.output.length).toBeLessThan(9_000);
  });

  test.runIf(process.platform === "linux")("that takes too much memory is ended", async () => {
    const script = "const all = []; setInterval(() => all.push(Buffer.alloc(2e7, 1)), 5)";
    const result = await run(script, { maxMemoryBytes: 3e8 });
    expect(result).toMatchObject({ passed: false, stopped: "memory" });
  });

  test("that is cancelled is ended", async () => {
    const abort = new AbortController();
    const running = run(`${saying()}; setInterval(() => {}, 9)`, {}, abort.signal);
    await until(() => existsSync(said()));
    abort.abort();
    expect(await running).toMatchObject({ passed: false, stopped: "cancelled" });
  });

  test.each([
    ["in its group", false],
    ["in a session of its own", true],
  ])("leaves nothing behind that runs %s", async (_, detached) => {
    const left = `${saying()}; setInterval(() => {}, 9)`;
    const result = await run(`
      const { spawn } = require("child_process");
      const child = spawn(process.execPath, ["-e", ${JSON.stringify(left)}], { detached: ${detached}, stdio: "ignore" });
      child.unref();
      const wait = setInterval(() => { if (require("fs").existsSync(${JSON.stringify(said())})) clearInterval(wait); }, 5);
    `);
    expect(result.passed).toBe(true);
    if (detached && process.platform !== "linux") return;
    const pid = Number(readFileSync(said(), "utf8"));
    await until(() => !groupAlive(pid) && !isAlive(pid));
  });

  test("of a folder that is too large, or with a program that is not there, says so", async () => {
    for (const name of ["1", "2", "3"]) writeFileSync(join(folder, "work", name), "x".repeat(100));
    await expect(run("", { maxCopyFiles: 3 })).rejects.toThrow(/larger than a check may copy/);
    await expect(run("", { maxCopyBytes: 250 })).rejects.toThrow(/KNOWLEDGE_CHECK_DIR/);
    await expect(run("", { command: ["no-such-program-here"] })).rejects.toMatchObject({
      code: "ENOENT",
    });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
