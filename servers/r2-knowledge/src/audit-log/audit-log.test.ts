import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLogger } from "@trestle/protocol";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { beforeEach, expect, test } from "vitest";
import { countRequests } from "../knowledge/counting-store.ts";
import { openFolderStore } from "../object-store/folder/open-folder-store.ts";
import { type ObjectStore, ObjectStoreError } from "../object-store/object-store.ts";
import { createIds } from "../records/ids.ts";
import { openAuditLog } from "./audit-log.ts";
import type { LogEntry } from "./entry.ts";
import { openLocalHeads } from "./local-heads.ts";
import { searchLog, verifyLog } from "./read-log.ts";

const clock = manualClock(Date.UTC(2026, 5, 1));
const ids = createIds({ clock });
let store: ObjectStore;
let folder: string;
const heads = () => openLocalHeads(join(folder, "heads"));
const noHeads = () => openLocalHeads(join(folder, "none"));

beforeEach(async () => {
  folder = temporaryFolder();
  store = await openFolderStore({ path: join(folder, "bucket") });
});

const open = (over: Partial<Parameters<typeof openAuditLog>[0]> = {}) =>
  openAuditLog({
    ...{ store, clock, log: silentLogger, random: () => 0.5, writer: ids.next() },
    ...{ heads: heads(), logged: "changes", ...over },
  });

const entry = (id: string, more: Partial<LogEntry> = {}): LogEntry => ({
  ...{ principal: "key:ana", via: "delete_diagnosis", action: "knowledge:delete" },
  ...{ ids: [id], outcome: "allowed", ...more },
});

async function files(): Promise<string[]> {
  const root = join(folder, "bucket", "mcp", "audit-log");
  const names = await readdir(root, { recursive: true });
  return names
    .filter((name) => name.endsWith(".ndjson"))
    .toSorted()
    .map((name) => join(root, name));
}

test("what comes at once is one object, and all of it is found by who, what and when", async () => {
  const counted = countRequests(store);
  const log = open({ store: counted });
  await Promise.all(Array.from({ length: 500 }, (_, n) => log.note(entry(`d${n}`), "now")));
  // The list request is for the ends of other chains, once in the life of a process.
  expect(counted.counts()).toMatchObject({ classA: 2, classB: 0 });
  await log.note(entry("d7", { outcome: "denied", principal: "key:eve" }), "soon");
  clock.advance(1_000);
  await log.close();
  expect(counted.counts()).toMatchObject({ classA: 3 });
  expect(await searchLog(store, { id: "d7" })).toMatchObject([
    { principal: "key:eve", outcome: "denied", seq: 502 },
    { principal: "key:ana", outcome: "allowed" },
  ]);
  expect(await searchLog(store, { outcome: "denied" })).toHaveLength(1);
  expect(await searchLog(store, { since: clock.now() + 1 })).toEqual([]);
  expect(await verifyLog(store, heads())).toMatchObject({ chains: 1, entries: 502, faults: [] });
});

async function threeChains() {
  for (const name of ["a", "b", "c"]) {
    const log = open();
    for (const n of [1, 2, 3]) await log.note(entry(`${name}${n}`), "now");
    clock.advance(60_000);
  }
  return files();
}

test("a changed byte, a moved entry, a cut end and a chain that is gone are found", async () => {
  const [first = "", second = "", ...rest] = await threeChains();
  expect(rest).toHaveLength(7);
  const text = await readFile(second, "utf8");
  await writeFile(second, text.replace("a2", "a9"));
  expect((await verifyLog(store, noHeads())).faults).toMatchObject([
    { seq: 3, what: "entry 3 does not fit its hash" },
  ]);
  await writeFile(second, text);
  await rename(first, join(folder, "taken"));
  expect((await verifyLog(store, noHeads())).faults).toMatchObject([
    { seq: 1, what: "entry 1 is missing or not in its place" },
  ]);
  await rename(join(folder, "taken"), first);
  expect((await verifyLog(store, noHeads())).faults).toEqual([]);
  const { heads: kept } = await verifyLog(store, noHeads());

  // The end of the first chain: those that came after it saw it.
  await rm(rest[0] ?? "");
  expect((await verifyLog(store, noHeads())).faults).toMatchObject([
    { seq: 4, what: "entries 4 to 4 of it were taken away" },
  ]);
  // The end of the last one: this machine wrote it, and somebody kept what was there.
  await rm(rest.at(-1) ?? "");
  expect((await verifyLog(store, noHeads())).faults).toHaveLength(1);
  expect((await verifyLog(store, heads())).faults).toHaveLength(2);
  expect((await verifyLog(store, noHeads(), { heads: kept })).faults).toHaveLength(2);
});

test("a lost answer leaves one entry, and while nothing can be written nothing more is promised", async () => {
  let left = 1;
  const flaky: ObjectStore = {
    ...store,
    async put(...args) {
      const put = await store.put(...args);
      if (left-- > 0) throw new ObjectStoreError("outcome_unknown", "The answer got lost.");
      return put;
    },
  };
  const log = open({ store: flaky });
  let isNoted = false;
  void log.note(entry("x"), "now").then(() => {
    isNoted = true;
  });
  await expect
    .poll(() => {
      clock.advance(5_000);
      return isNoted;
    })
    .toBe(true);
  expect(await verifyLog(store, heads())).toMatchObject({ entries: 2, faults: [] });

  let isBroken = true;
  const broken: ObjectStore = {
    ...store,
    put: async (...args) => {
      if (isBroken) throw new ObjectStoreError("denied", "Not with this key.");
      return store.put(...args);
    },
  };
  const other = open({ store: broken });
  await expect(other.note(entry("y"), "now")).rejects.toThrow(/nothing is changed meanwhile/);
  await expect(other.ready()).rejects.toThrow(/Not with this key/);
  isBroken = false;
  await other.ready();
  expect(await searchLog(store, { id: "y" })).toHaveLength(1);
  expect(await verifyLog(store, heads())).toMatchObject({ chains: 2, faults: [] });
});
