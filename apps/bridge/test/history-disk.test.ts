import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Call, compose, createRedact, newTrail, record } from "@trestle/policy";
import {
  isTrestleError,
  LOCAL_PRINCIPAL,
  MODERN_VERSION,
  systemClock,
  type TrestleError,
} from "@trestle/protocol";
import { afterAll, expect, test } from "vitest";
import { openRecords, type Records } from "../src/state/records.ts";

/** A disk of its own for the state file, which can really be full. */
const root = mkdtempSync(join(tmpdir(), "trestle-disk-"));
const disk = join(root, "disk");
const isMounted = mount();
let records: Records | undefined;

afterAll(async () => {
  await records?.close();
  if (isMounted) execFileSync("umount", [disk]);
  rmSync(root, { recursive: true, force: true });
});

function mount(): boolean {
  mkdirSync(disk);
  try {
    const args = ["-t", "tmpfs", "-o", "size=48m", "tmpfs", disk];
    execFileSync("mount", args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function fillDisk(): void {
  for (const bytes of [1_048_576, 4_096, 1]) {
    try {
      for (;;) appendFileSync(join(disk, "ballast"), Buffer.alloc(bytes, 1));
    } catch {
      // Not even that fits any more.
    }
  }
}

const client = { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} } as const;
const { signal } = new AbortController();
let calls = 0;

function callOf(readOnly: boolean): Call {
  calls += 1;
  return {
    ...{ executionId: `e${calls}`, server: "one", tool: "tool", definitionHash: "" },
    hints: { readOnly, destructive: false, idempotent: false, openWorld: false },
    params: { name: "tool", arguments: { note: "x".repeat(200) } },
    context: { principal: LOCAL_PRINCIPAL, signal, client },
    trail: newTrail(),
  };
}

test("a full disk refuses writes unsent and lets reads pass; with room again, all is written", async (context) => {
  context.skip(!isMounted, "SKIPPED: a file system cannot be mounted here, so no disk can be full");
  const parts = { clock: systemClock, redact: createRedact() };
  const opened = await openRecords({ file: join(disk, "history.db"), maxRows: 100_000, ...parts });
  records = opened;
  const { history, metrics } = opened;
  let sent = 0;
  const run = compose([record({ history, metrics, ...parts })], async () => {
    sent += 1;
    return {};
  });
  const read = async (times: number) => {
    for (let count = 0; count < times; count += 1) await run(callOf(true));
  };
  const write = () => run(callOf(false)).catch((error: unknown) => error as TrestleError);

  await read(10);
  await write();
  expect((await history.list()).executions).toHaveLength(11);

  fillDisk();
  // What the log has room for, it still takes.
  let refused = await write();
  for (let tries = 0; !isTrestleError(refused) && tries < 5_000; tries += 1)
    refused = await write();
  expect(refused).toMatchObject({
    code: "unavailable",
    retryable: true,
    details: { sent: false, refusedBy: "record" },
    message: expect.stringContaining("Make room on the disk"),
  });

  const sentBefore = sent;
  await write();
  expect(sent).toBe(sentBefore);
  await read(500);
  expect(sent).toBe(sentBefore + 500);
  // They wait in memory: nothing is lost yet, and asking for them does not fail.
  await history.list();
  expect(history.dropped()).toBe(0);
  await read(12_000);
  await metrics.flush();
  expect(history.dropped()).toBeGreaterThan(0);
  expect(history.dropped()).toBeLessThan(5_000);

  rmSync(join(disk, "ballast"));
  expect(await write()).toEqual(expect.not.objectContaining({ code: expect.anything() }));
  const { executions } = await history.list({ limit: 100_000 });
  expect(executions.length).toBe(calls - history.dropped());
  expect(executions.find(({ outcome }) => outcome === "started")).toBeUndefined();
  await metrics.flush();
  expect(await metrics.totals()).toMatchObject({ calls });
  expect(metrics.dropped()).toBe(0);
});
