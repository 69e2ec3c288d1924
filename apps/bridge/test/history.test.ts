import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { createRedact, type HistoryRow } from "@trestle/policy";
import { systemClock } from "@trestle/protocol";
import { expect, test } from "vitest";
import { openRecords } from "../src/state/records.ts";
import { listNames, serveStdio } from "./_peer.ts";
import { createPlace } from "./_place.ts";
import { kill, until } from "./_processes.ts";
import { effectsOf, entry, executionsOf } from "./_upstreams.ts";

test("a write has its row before it is sent, and is uncertain after the bridge was killed", async () => {
  const place = createPlace();
  place.configure({ mcpServers: { one: entry(place, "one") } });
  const { peer, pid } = await serveStdio(place, "modern");
  await listNames(peer);
  void peer.call("one__write", { key: "cut", afterMs: 20_000 });
  await until("the write has taken effect", () => effectsOf(place).length === 1);
  // The server has it, so the row must be there already.
  expect(executionsOf(place)).toMatchObject([{ key: "cut", outcome: "started" }]);
  kill(pid);
  const next = await serveStdio(place, "modern");
  await listNames(next.peer);
  expect(executionsOf(place)).toMatchObject([{ key: "cut", outcome: "outcome_unknown" }]);
});

test("a kill loses only the reads of the last 50 ms", async () => {
  const place = createPlace();
  place.configure({ mcpServers: { one: entry(place, "one") } });
  const { peer, pid, ended } = await serveStdio(place, "modern");
  await listNames(peer);
  const reads: { key: string; at: number }[] = [];
  for (let count = 0; count < 300; count += 1) {
    const key = `read-${count}`;
    await peer.call("one__read", { key });
    reads.push({ key, at: performance.now() });
    if (count % 10 === 0) await pause(5);
  }
  const killedAt = performance.now();
  kill(pid);
  await ended;
  const stored = new Set(executionsOf(place).map(({ key }) => key));
  const lost = reads.filter(({ key }) => !stored.has(key));
  for (const { at } of lost) expect(killedAt - at).toBeLessThan(50);
  expect(stored.size).toBeGreaterThan(200);
});

test("an orderly end loses nothing", async () => {
  const place = createPlace();
  place.configure({ mcpServers: { one: entry(place, "one") } });
  const { peer, pid, ended } = await serveStdio(place, "modern");
  const keys = Array.from({ length: 50 }, (_, index) => `read-${index}`);
  await Promise.all(keys.map((key) => peer.call("one__read", { key })));
  process.kill(pid, "SIGTERM");
  await ended;
  expect(
    executionsOf(place)
      .map(({ key }) => key)
      .toSorted(),
  ).toEqual(keys.toSorted());
});

test("the history keeps as many rows as it is told to, and at most a tenth more", async () => {
  const { root } = createPlace();
  const records = await openAt(join(root, "history.db"), 100);
  for (let index = 0; index < 2_005; index += 1) records.history.finished(rowOf(index));
  const { executions } = await records.history.list({ limit: 10_000 });
  await records.close();
  expect(executions[0]?.executionId).toBe("execution-2004");
  expect(executions.length).toBeLessThanOrEqual(110);
  expect(executions.length).toBeGreaterThanOrEqual(100);
});

test("a history is closed with as many rows as it keeps", async () => {
  const { root } = createPlace();
  const file = join(root, "history.db");
  const records = await openAt(file, 100);
  for (let index = 0; index < 105; index += 1) records.history.finished(rowOf(index));
  await records.close();
  expect(rowsIn(file)).toBe(100);
});

test("a history that was left too long is trimmed when it is opened", async () => {
  const { root } = createPlace();
  const file = join(root, "history.db");
  const before = await openAt(file, 1_000);
  for (let index = 0; index < 300; index += 1) before.history.finished(rowOf(index));
  await before.close();
  const after = await openAt(file, 100, { ...systemClock, after: () => () => {} });
  expect(rowsIn(file)).toBe(100);
  const { executions } = await after.history.list({ limit: 10_000 });
  await after.close();
  expect(executions).toHaveLength(100);
  expect(executions[0]?.executionId).toBe("execution-299");
});

function rowsIn(file: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true });
  const row = database.prepare("SELECT count(*) AS rows FROM executions").get();
  database.close();
  return row?.rows;
}

function openAt(file: string, maxRows: number, clock = systemClock) {
  return openRecords({ file, maxRows, clock, redact: createRedact() });
}

function rowOf(index: number): HistoryRow {
  return {
    executionId: `execution-${index}`,
    server: "one",
    tool: "read",
    principal: "local",
    readOnly: true,
    arguments: {},
    outcome: "success",
    startedAt: index,
    durationMs: 1,
    attempts: 1,
    cached: false,
    fallbackUsed: false,
  };
}
