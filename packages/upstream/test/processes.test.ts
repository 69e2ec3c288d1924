import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { groupAlive } from "../src/processes/group.ts";
import { startTimeOf } from "../src/processes/start-time.ts";
import { alive, fixture, registry, until, upstreamOf } from "./_parts.ts";
import { fixturePath } from "./fixtures/path.ts";

let folder: string;
const started = new Set<number>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trestle-processes-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const group of started) if (groupAlive(group)) process.kill(-group, "SIGKILL");
  started.clear();
});

async function startOwner(...args: string[]): Promise<{ owner: ChildProcess; groups: number[] }> {
  const owner = spawn(process.execPath, [fixturePath("owner"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(owner.stdout as never, "data")) as [Buffer];
  const groups = String(line).trim().split(" ").map(Number);
  for (const group of groups) started.add(group);
  return { owner, groups };
}

/** The watchdog that this process started. */
function watchdogOf({ pid }: { readonly pid?: number | undefined }): number | undefined {
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  const line = table
    .split("\n")
    .find(
      (entry) => entry.endsWith("trestle-watchdog") && entry.trim().split(/ +/)[1] === String(pid),
    );
  return line === undefined ? undefined : Number.parseInt(line, 10);
}

test("children that ignore everything are dead within five seconds of a kill -9 of their owner", async () => {
  const { owner, groups } = await startOwner();
  const watchdog = watchdogOf(owner) as number;
  owner.kill("SIGKILL");
  await until(() => !groups.some(groupAlive), 5_000);
  await until(() => !groupAlive(watchdog));
});

test("what even the watchdog did not end is reaped at the next start", async () => {
  const { owner, groups } = await startOwner(folder);
  // Stopped, so that it cannot start another.
  owner.kill("SIGSTOP");
  process.kill(watchdogOf(owner) as number, "SIGKILL");
  owner.kill("SIGKILL");
  await once(owner, "exit");
  expect(groups.every(groupAlive)).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(groups.map((group) => `${group}.json`).sort());
  expect(await registry(folder).reapLeftovers()).toBe(groups.length);
  expect(groups.some(groupAlive)).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});

test("a child whose owner lives is not reaped", async () => {
  const { owner, groups } = await startOwner(folder);
  expect(await registry(folder).reapLeftovers()).toBe(0);
  expect(groups.every(groupAlive)).toBe(true);
  owner.kill("SIGKILL");
  await until(() => !groups.some(groupAlive));
});

test("a stranger that got the pid of a dead child is never signalled", async () => {
  const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
    detached: true,
    stdio: "ignore",
  });
  await once(stranger, "spawn");
  const pid = stranger.pid as number;
  started.add(pid);
  const startTime = startTimeOf(pid) as string;
  const earlier = startTime.replace(/\d+$/, (ticks) => String(Number(ticks) - 1));
  const record = { pid, pgid: pid, upstream: "x", owner: { pid: 999_999_999, startTime: "gone" } };
  writeFileSync(join(folder, `${pid}.json`), JSON.stringify({ ...record, startTime: earlier }));
  writeFileSync(
    join(folder, "1.json"),
    JSON.stringify({ ...record, pid: 1, pgid: 1, startTime: startTimeOf(1) }),
  );
  writeFileSync(join(folder, "7.json"), "{ half a rec");
  expect(await registry(folder).reapLeftovers()).toBe(0);
  expect(alive(pid)).toBe(true);
  expect(readdirSync(folder)).toEqual([]);
});

test("a record exists while its child does, and a clean close leaves nothing", async () => {
  const processes = registry(folder);
  const upstream = upstreamOf(fixture("raw"), { processes });
  await upstream.ready();
  const watchdog = watchdogOf(process) as number;
  const pid = upstream.health().pid as number;
  expect(JSON.parse(readFileSync(join(folder, `${pid}.json`), "utf8"))).toMatchObject({
    pid,
    upstream: "peer",
    startTime: startTimeOf(pid),
    owner: { pid: process.pid, startTime: startTimeOf(process.pid) },
  });
  expect(processes.list()).toEqual([{ pid, upstream: "peer" }]);
  await upstream.close();
  await processes.close();
  expect(existsSync(join(folder, `${pid}.json`))).toBe(false);
  expect(groupAlive(pid)).toBe(false);
  expect(groupAlive(watchdog)).toBe(false);
});

test("a watchdog that was killed is replaced, and its successor knows the children", async () => {
  const { owner, groups } = await startOwner();
  const first = watchdogOf(owner);
  // One that dies at once is not tried again and again.
  const startedAt = performance.now();
  await until(() => performance.now() - startedAt > 1_100);
  process.kill(first as number, "SIGKILL");
  await until(() => ![undefined, first].includes(watchdogOf(owner)));
  owner.kill("SIGKILL");
  await until(() => !groups.some(groupAlive), 5_000);
});

test("a child inherits only harmless variables, and gets those configured", async () => {
  process.env.TRESTLE_TEST_SECRET = "s3cret";
  const upstream = upstreamOf({
    kind: "stdio",
    era: "legacy",
    command: process.execPath,
    args: ["-e", "console.error(JSON.stringify(process.env)); process.exit(1)"],
    env: { GIVEN: "yes" },
  });
  await upstream.ready().catch(() => {});
  delete process.env.TRESTLE_TEST_SECRET;
  const environment = JSON.parse(upstream.health().stderr.join(""));
  expect(environment).toMatchObject({ GIVEN: "yes", PATH: process.env.PATH });
  expect(environment.TRESTLE_TEST_SECRET).toBeUndefined();
});
