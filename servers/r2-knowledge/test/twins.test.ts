import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { systemClock } from "@trestle/protocol";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { openFolderStore, openKnowledge } from "../src/index.ts";

const program = fileURLToPath(new URL("_twin-process.ts", import.meta.url));

interface Writer {
  readonly child: ChildProcessWithoutNullStreams;
  next(): Promise<string>;
}

function startWriter(path: string, message: string): Writer {
  const child = spawn(process.execPath, [program, path, message], { env: nodeEnvironment() });
  child.stderr.pipe(process.stderr);
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, next: async () => String((await lines.next()).value) };
}

async function openIn(path: string) {
  const store = await openFolderStore({ path });
  const knowledge = openKnowledge({ store, refreshMs: 0, autoCompact: false });
  onTestFinished(() => knowledge.close());
  return knowledge;
}

test("processes that store the same new error at once end up with one, and nothing acknowledged is lost", async () => {
  const path = temporaryFolder("knowledge");
  const writers = [10, 200, 3_000].map((ms) => startWriter(path, `pool timed out after ${ms} ms`));
  for (const { next } of writers) expect(await next()).toBe("ready");
  for (const { child } of writers) child.stdin.write("go\n");
  const stored = await Promise.all(writers.map(async ({ next }) => JSON.parse(await next())));
  expect(stored.map(({ status }) => status)).toEqual(["stored", "stored", "stored"]);
  // One ends in order, the others without warning.
  for (const { child } of writers.slice(1)) child.kill("SIGKILL");
  writers[0]?.child.stdin.end();
  await Promise.all(writers.map(({ child }) => child.exitCode ?? once(child, "exit")));

  const knowledge = await openIn(path);
  await knowledge.recordOutcome(stored[2].id, { worked: true });
  const other = await knowledge.store({ error: { message: "quite another error" } });
  expect((await knowledge.list()).total).toBe(2);
  const { hits, total } = await knowledge.search({ text: "pool timed out" });
  expect([hits.length, total]).toEqual([1, 1]);
  for (const { id } of stored) {
    const { record, occurrences, confidence } = await knowledge.get(id);
    expect([record.id, record.duplicateOf ?? hits[0]?.id]).toEqual([id, hits[0]?.id]);
    expect([occurrences, confidence.worked]).toEqual([3, 1]);
  }

  // From then on it is one for everybody, whichever id they know.
  const again = await openIn(path);
  const error = { name: "TimeoutError", message: "pool timed out after 7 ms" };
  expect(await again.store({ error, context: "api" })).toMatchObject({
    ...{ status: "merged", id: hits[0]?.id, seen: 4 },
  });
  const last = stored.find(({ id }) => id !== hits[0]?.id);
  expect(await again.recordOutcome(last.id, { worked: true })).toMatchObject({
    ...{ diagnosisId: hits[0]?.id, confidence: { worked: 2 } },
  });
  expect((await again.get(other.id)).record.duplicateOf).toBeUndefined();

  // The index says the same when it is made anew.
  await again.index.rebuild();
  expect((await again.list()).total).toBe(2);
  const clock = { ...systemClock, now: () => systemClock.now() + 600_000 };
  const later = openKnowledge({
    store: await openFolderStore({ path }),
    clock,
    autoCompact: false,
  });
  onTestFinished(() => later.close());
  expect(await later.index.check()).toMatchObject({ ok: true });
}, 120_000);

test("what was stored apart, or elsewhere, or says another fix, stays apart", async () => {
  const path = temporaryFolder("knowledge");
  const [one, other] = [await openIn(path), await openIn(path)];
  const error = { message: "the disk is full" };
  await one.store({ error, fix: "Delete the logs", context: "api" });
  await other.store({ error, fix: "Delete the logs", context: "api" }, { dedupe: "off" });
  await one.store({ error, fix: "Buy a disk", context: "api" });
  expect((await other.list()).total).toBe(3);
  await one.index.compact();
  expect((await other.list()).total).toBe(3);
});

test("a compaction links them, too; what was told of the later one counts for the first", async () => {
  const path = temporaryFolder("knowledge");
  const blind = { refreshMs: 3_600_000, autoCompact: false };
  const open = async () => {
    const knowledge = openKnowledge({ store: await openFolderStore({ path }), ...blind });
    onTestFinished(() => knowledge.close());
    await knowledge.list();
    return knowledge;
  };
  const [one, other] = [await open(), await open()];
  const told = { error: { message: "the disk is full" }, fix: "Delete the logs" };
  const first = await one.store(told);
  const second = await other.store(told);
  await other.recordOutcome(second.id, { worked: false });
  await one.index.compact();
  const knowledge = await openIn(path);
  const { items } = await knowledge.list();
  expect(items).toMatchObject([{ confidence: { failed: 1 } }]);
  const ids = [first.id, second.id];
  expect(ids).toContain(items[0]?.id);
  for (const id of ids) expect((await knowledge.get(id)).occurrences).toBe(2);

  // Whoever gives the later one another fix finds it again.
  const later = ids.find((id) => id !== items[0]?.id) ?? "";
  const { version = 0 } = (await knowledge.get(later)).record;
  await knowledge.update(later, { fix: "Buy a disk" }, { version });
  expect((await knowledge.list()).total).toBe(2);
});
