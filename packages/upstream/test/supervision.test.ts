import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import type { UpstreamEvent } from "../src/index.ts";
import { groupAlive } from "../src/processes/group.ts";
import { manualClock } from "./_clock.ts";
import { context, fixture, registry, until, upstreamOf } from "./_parts.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 50);
const call = (name: string) => ({ name, arguments: {} });

test("a command that does not exist is reported by its name", async () => {
  const upstream = upstreamOf({ kind: "stdio", command: "no-such-command-anywhere" });
  await expect(upstream.ready()).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining('no command "no-such-command-anywhere"'),
    details: { upstream: "peer", sent: false },
  });
  expect(upstream.health()).toMatchObject({ state: "failed", lastError: expect.anything() });
});

test("a command line that no process can be given is reported, and harms nothing", async () => {
  const upstream = upstreamOf({ kind: "stdio", command: process.execPath, args: ["a\0b"] });
  await expect(upstream.ready()).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("cannot be started: "),
    details: { upstream: "peer", sent: false },
  });
  expect(upstream.health()).toMatchObject({ state: "failed" });
});

test("a server that exits at once is reported with its exit code and its last stderr lines", async () => {
  const upstream = upstreamOf(fixture("raw", "--exit=3"));
  const error = await upstream.ready().catch((e) => e);
  expect(error).toMatchObject({ code: "unavailable", details: { sent: false, exitCode: 3 } });
  expect(error.message).toMatch(/exit code 3.*cannot go on: no database/s);
  expect(upstream.health().stderr).toContain("cannot go on: no database");
});

test("a server that prints only garbage is reported with what it printed", async () => {
  const config = { ...fixture("raw", "--garbage"), startTimeoutMs: 700, probeTimeoutMs: 200 };
  const upstream = upstreamOf(config);
  const error = await upstream.ready().catch((e) => e);
  expect(error).toMatchObject({ code: "unavailable", details: { sent: false } });
  expect(error.message).toMatch(/"peer" did not answer within 0.7 s.*garbage 1/s);
});

test("a server that never answers fails its start in time and leaves no process", async () => {
  const processes = registry();
  const config = {
    ...fixture("raw", "--silent", "--stubborn"),
    startTimeoutMs: 500,
    probeTimeoutMs: 200,
  };
  const upstream = upstreamOf(config, { processes });
  await expect(upstream.ready()).rejects.toThrow(/did not answer within 0.5 s/);
  expect(processes.list()).toEqual([]);
});

test("a child killed during a call fails that call within a second, and the next call works", async () => {
  const upstream = upstreamOf(fixture("raw"));
  await upstream.ready();
  const { pid } = upstream.health();
  const hanging = upstream.request("tools/call", call("hang"), context());
  hanging.catch(() => {});
  await upstream.request("tools/call", call("pid"), context());
  const before = performance.now();
  process.kill(pid as number, "SIGKILL");
  const error = await hanging.catch((e) => e);
  expect(performance.now() - before).toBeLessThan(1_000);
  expect(error).toMatchObject({
    code: "outcome_unknown",
    retryable: false,
    details: { upstream: "peer", sent: true, signal: "SIGKILL" },
  });
  expect(error.message).toMatch(/"peer" was ended by SIGKILL while it was working on tools\/call/);
  const { pid: next } = await upstream.request("tools/call", call("pid"), context());
  expect(next).not.toBe(pid);
  expect(upstream.health()).toMatchObject({ state: "ready", restarts: 1, pid: next });
});

test("a request that a stopped child could not take was surely not sent", async () => {
  const upstream = upstreamOf(fixture("raw"));
  await upstream.ready();
  const { pid } = upstream.health();
  process.kill(pid as number, "SIGSTOP");
  const text = "x".repeat(8 * 1024 * 1024);
  const params = { name: "size", arguments: { text } };
  const outcomes = [params, call("pid")].map((one) =>
    upstream.request("tools/call", one, context()).catch((error) => error),
  );
  process.kill(pid as number, "SIGKILL");
  for (const outcome of outcomes)
    expect(await outcome).toMatchObject({ code: "unavailable", details: { sent: false } });
});

test("a server that keeps dying is started ever more slowly, and says when", async () => {
  const upstream = upstreamOf(fixture("raw", "--exit=1"), { random: () => 1 });
  await expect(upstream.ready()).rejects.toMatchObject({ retryAfterMs: 0 });
  await expect(upstream.ready()).rejects.toMatchObject({ code: "unavailable" });
  const error = await upstream.ready().catch((e) => e);
  expect(error).toMatchObject({ code: "unavailable", details: { sent: false } });
  expect(error.message).toMatch(/failed 2 times in a row.*no database/s);
  expect(error.retryAfterMs).toBeGreaterThan(0);
  expect(error.retryAfterMs).toBeLessThanOrEqual(500);
  await until(() =>
    upstream.ready().then(
      () => false,
      (e) => /exit code 1/.test(e.message) && e.retryAfterMs === 1000,
    ),
  );
});

test("a request of a caller cuts the wait for a restart short, once in a while", async () => {
  const clock = manualClock();
  const parts = { clock, random: () => 1 };
  const upstream = upstreamOf({ ...fixture("raw", "--exit=1"), era: "legacy" }, parts);
  const ask = () => upstream.request("tools/call", call("pid"), context()).catch((error) => error);
  const tried = /ended with exit code 1\. /;
  for (let failures = 0; failures < 2; failures += 1) expect((await ask()).message).toMatch(tried);
  // From here on it has to wait.
  expect((await ask()).message, "one try of its own").toMatch(tried);
  const waits = await ask();
  expect(waits.message).toMatch(/failed 3 times in a row/);
  expect(waits).toMatchObject({ retryAfterMs: 1_000, details: { sent: false } });
  for (let failures = 3; failures < 8; failures += 1) {
    clock.advance(30_000);
    expect((await ask()).message).toMatch(tried);
  }
  expect(await ask()).toMatchObject({ retryAfterMs: 30_000 });
  clock.advance(10_000);
  expect((await ask()).message, "though twenty seconds are left").toMatch(tried);
  expect(await ask(), "the next try of its own").toMatchObject({ retryAfterMs: 10_000 });
  await expect(upstream.ready(), "who has time waits").rejects.toMatchObject({
    retryAfterMs: 30_000,
  });
});

test.each(["v1-stdio", "v2-stdio"])(
  "subscriptions are restored after a restart (%s)",
  async (name) => {
    const upstream = upstreamOf(fixture(name));
    const seen: UpstreamEvent[] = [];
    upstream.subscribe((event) => seen.push(event));
    await upstream.request("resources/subscribe", { uri: "test://note" }, context());
    process.kill(upstream.health().pid as number, "SIGKILL");
    await until(() => upstream.health().state !== "ready");
    await upstream.ready();
    const update = { kind: "resourceUpdated", uri: "test://note" };
    expect(seen, "what may have been missed").toContainEqual(update);
    seen.length = 0;
    await until(async () => {
      await upstream.request("tools/call", call("touch"), context());
      return seen.some(({ kind }) => kind === "resourceUpdated");
    });
  },
);

test("giving up the wait for a start rejects only that caller", async () => {
  const upstream = upstreamOf(fixture("raw"));
  const control = new AbortController();
  const impatient = upstream.request(
    "tools/call",
    call("pid"),
    context({ signal: control.signal }),
  );
  const patient = upstream.request("tools/call", call("pid"), context());
  control.abort();
  await expect(impatient).rejects.toMatchObject({ code: "cancelled", details: { sent: false } });
  await expect(patient).resolves.toMatchObject({ pid: expect.any(Number) });
});

test("a child that ignores the end of its input and SIGTERM is gone within two seconds of close", async () => {
  const processes = registry();
  const upstream = upstreamOf(fixture("raw", "--stubborn", "--grandchild"), { processes });
  const hanging = upstream.request("tools/call", call("hang"), context()).catch((error) => error);
  await upstream.request("tools/call", call("pid"), context());
  const pid = upstream.health().pid as number;
  const before = performance.now();
  await upstream.close();
  expect(performance.now() - before).toBeLessThan(2_000);
  expect(await hanging).toMatchObject({ code: "outcome_unknown" });
  expect(groupAlive(pid)).toBe(false);
  expect(processes.list()).toEqual([]);
});

test("grandchildren of a child that ended by itself are ended too", async () => {
  const processes = registry();
  const upstream = upstreamOf(fixture("raw", "--grandchild"), { processes });
  await upstream.ready();
  const pid = upstream.health().pid as number;
  await expect(upstream.request("tools/call", call("die"), context())).rejects.toMatchObject({
    code: "outcome_unknown",
    details: { exitCode: 7 },
  });
  await until(() => !groupAlive(pid), 2_000);
  await until(() => processes.list().length === 0);
});

test("many restarts leave no process and no file descriptor", { timeout: 120_000 }, async () => {
  const processes = registry();
  const restart = { firstDelayMs: 0, maxDelayMs: 0 };
  const upstream = upstreamOf({ ...fixture("raw"), restart, era: "legacy" }, { processes });
  await upstream.ready();
  const before = descriptors();
  const pids: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { pid } = await upstream.request("tools/call", call("pid"), context());
    pids.push(pid as number);
    process.kill(pid as number, "SIGKILL");
    await until(() => upstream.health().state !== "ready");
  }
  await upstream.ready();
  expect(upstream.health().restarts).toBe(ROUNDS);
  expect(processes.list()).toHaveLength(1);
  expect(pids.filter((pid) => groupAlive(pid))).toEqual([]);
  await until(() => descriptors() <= before);
});

function descriptors(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}
