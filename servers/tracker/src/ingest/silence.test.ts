import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import type { TrackerStore } from "../store/tracker-store.ts";
import { openTemporaryStore, said, sourceOf, startIngestion } from "./_ingestion.ts";
import type { Ingestion } from "./open-ingestion.ts";

const MINUTE = 60_000;
const REQUEST = "Please write the tests of the till.";

/** After its clock jumped, a reader has lost its lease, and what it was about to store: it begins anew. */
async function catchUp(ingestion: Ingestion): Promise<void> {
  await expect.poll(() => ingestion.catchUp()).toBe(true);
}

async function quietRecords(store: TrackerStore): Promise<number> {
  const { items } = await store.records({ limit: 100 });
  return items.filter(({ type }) => type === "quiet").length;
}

async function statuses(store: TrackerStore): Promise<readonly string[]> {
  return (await store.tasks()).items.map(({ status }) => status);
}

test("a request that nobody answers is found once its session was silent for half an hour", async () => {
  const clock = manualClock(Date.now());
  const store = await openTemporaryStore(clock);
  const folder = temporaryFolder("claude");
  const path = join(folder, "s1.jsonl");
  writeFileSync(path, said("user", REQUEST, clock.now()));
  const first = startIngestion(store, clock, sourceOf("claude-code", folder));
  await catchUp(first);
  clock.advance(29 * MINUTE);
  await catchUp(first);
  expect(await statuses(store)).toEqual([]);
  clock.advance(2 * MINUTE);
  await catchUp(first);
  await catchUp(first);
  expect(await statuses(store)).toEqual(["open"]);
  expect(await quietRecords(store)).toBe(1);
  await first.close();

  // Another reader says it no second time, and what comes later answers the request.
  const second = startIngestion(store, clock, sourceOf("claude-code", folder));
  await catchUp(second);
  clock.advance(31 * MINUTE);
  await catchUp(second);
  expect(await quietRecords(store)).toBe(1);
  appendFileSync(path, said("assistant", "They are written.", clock.now()));
  await catchUp(second);
  expect(await statuses(store)).toEqual(["done"]);
  clock.advance(31 * MINUTE);
  await catchUp(second);
  expect(await quietRecords(store)).toBe(2);
});

test("a session that went silent while nobody read is told of at once, and by all in the same words", async () => {
  const clock = manualClock(Date.now());
  const store = await openTemporaryStore(clock);
  const folder = temporaryFolder("claude");
  const path = join(folder, "s1.jsonl");
  const at = clock.now() - 120 * MINUTE;
  writeFileSync(path, said("user", REQUEST, at));
  utimesSync(path, at / 1_000, at / 1_000);
  await catchUp(startIngestion(store, clock, sourceOf("claude-code", folder)));
  expect(await statuses(store)).toEqual(["open"]);
  const { items } = await store.records({ limit: 100 });
  const [last] = items.filter(({ type }) => type !== "quiet");
  expect(items.find(({ type }) => type === "quiet")).toMatchObject({
    id: `${last?.id}/quiet`,
    at: at + 30 * MINUTE,
  });
});

test("a reader that was ended before the silence leaves it to the next", async () => {
  const clock = manualClock(Date.now());
  const store = await openTemporaryStore(clock);
  const folder = temporaryFolder("claude");
  writeFileSync(join(folder, "s1.jsonl"), said("user", REQUEST, clock.now()));
  const first = startIngestion(store, clock, sourceOf("claude-code", folder));
  await catchUp(first);
  await first.close();
  clock.advance(31 * MINUTE);
  await catchUp(startIngestion(store, clock, sourceOf("claude-code", folder)));
  expect(await statuses(store)).toEqual(["open"]);
});

test("a chat in a file has ended where the file ends, and a log never ends", async () => {
  const clock = manualClock(Date.now());
  const store = await openTemporaryStore(clock);
  const folder = temporaryFolder("chats");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "cart.md"), `User: hello\nAssistant: hi\nUser: ${REQUEST}\n`);
  const chats = startIngestion(store, clock, sourceOf("chat", folder));
  await catchUp(chats);
  clock.advance(MINUTE);
  await catchUp(chats);
  expect(await statuses(store)).toEqual(["open"]);
  await chats.close();

  const log = join(temporaryFolder("log"), "app.log");
  writeFileSync(log, "one\n");
  const logs = startIngestion(store, clock, sourceOf("log", log));
  await catchUp(logs);
  clock.advance(60 * MINUTE);
  await catchUp(logs);
  expect(await quietRecords(store)).toBe(1);
});
