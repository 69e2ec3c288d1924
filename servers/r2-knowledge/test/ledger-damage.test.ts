import { manualClock } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import type { ObjectStore } from "../src/object-store/object-store.ts";
import { createMapFold } from "./_ledger-map-fold.ts";
import { idsOf, newStore, openTestLedger } from "./_ledger-parts.ts";
import { gone, INDEX, put, THINGS, things, writeThing } from "./_ledger-things.ts";
import { countedStore, watchedStore } from "./_ledger-watched-store.ts";

const MINUTE = 60_000;
const MANIFEST = `${INDEX}manifest.json`;
const NOW = { records: things, settledMs: 0 };

async function lastKey(store: ObjectStore, folder: string): Promise<string> {
  return (await store.list(`${INDEX}${folder}/`)).objects.at(-1)?.key ?? "";
}

/** Changes one byte in the middle. */
async function flip(store: ObjectStore, key: string): Promise<void> {
  const body = Buffer.from((await store.get(key))?.body ?? []);
  const at = Math.floor(body.length / 2);
  body[at] = (body[at] ?? 0) ^ 0x10;
  await store.put(key, body);
}

async function rewrite(store: ObjectStore, key: string, change: (text: string) => string) {
  const body = Buffer.from((await store.get(key))?.body ?? []);
  await store.put(key, Buffer.from(change(body.toString("latin1")), "latin1"));
}

/** Three things with records and lines: the first two in a snapshot. */
async function storeOfThree() {
  const store = await newStore();
  const clock = manualClock(Date.now() + MINUTE);
  const ledger = openTestLedger(store, { clock });
  for (const id of ["a", "b", "c"]) {
    await writeThing(store, id);
    if (id === "c") await ledger.compact();
    await openTestLedger(store, { clock }).append([put(id)]);
    clock.advance(1);
  }
  await ledger.refresh();
  return { store, clock, ledger };
}

async function readAnew(store: ObjectStore) {
  const ledger = openTestLedger(store, { clock: manualClock(Date.now() + 2 * MINUTE) });
  await ledger.refresh();
  return ledger;
}

describe("what is damaged is named, and all else works", () => {
  test("a segment: its lines are missing, and it stays until a rebuild", async () => {
    const { store } = await storeOfThree();
    const key = await lastKey(store, "seg");
    await flip(store, key);
    const counted = countedStore(store);
    const ledger = await readAnew(counted);
    await ledger.refresh();
    expect(counted.requests.filter((request) => request.key === key)).toHaveLength(1);
    expect(idsOf(ledger)).toEqual(["a", "b"]);
    expect(ledger.status().problems).toMatchObject([{ kind: "corrupt_segment", key }]);
    expect(ledger.status().problems[0]?.message).toMatch(/is damaged .*rebuild the index/);
    await ledger.append([put("d")]);
    ledger.clock.advance(MINUTE);
    expect(await ledger.compact()).toMatchObject({ kind: "done", absorbed: 1 });
    await ledger.rebuild({ records: things, createFold: createMapFold });
    expect(idsOf(ledger)).toEqual(["a", "b", "c"]);
    expect((await readAnew(store)).status().problems).toEqual([]);
  });

  test("a segment that is cut at the end of a commit", async () => {
    const store = await newStore();
    const ledger = openTestLedger(store);
    await ledger.append([put("a")]);
    const [first] = (await store.list(`${INDEX}seg/`)).objects;
    await ledger.append([put("b")]);
    const key = await lastKey(store, "seg");
    await store.put(key, (await store.get(first?.key ?? ""))?.body ?? new Uint8Array());
    const problems = (await readAnew(store)).status().problems;
    expect(problems).toMatchObject([{ kind: "corrupt_segment", key }]);
  });

  test("a snapshot: the one before it and the segments since are read instead", async () => {
    const { store, clock, ledger } = await storeOfThree();
    clock.advance(MINUTE);
    expect(await ledger.compact()).toMatchObject({ kind: "done", number: 2 });
    const key = await lastKey(store, "snap");
    await flip(store, key);
    const cold = await readAnew(store);
    expect(idsOf(cold)).toEqual(["a", "b", "c"]);
    expect(cold.status()).toMatchObject({
      isComplete: true,
      problems: [{ kind: "corrupt_snapshot", key }],
    });
    await cold.append([put("d")]);
    cold.clock.advance(2 * MINUTE);
    expect(await cold.compact()).toMatchObject({ kind: "done", number: 3 });
    expect((await readAnew(store)).status()).toMatchObject({ records: 4, problems: [] });
  });

  test("a snapshot that nothing replaces: what is left is shown, and not compacted", async () => {
    const { store, clock, ledger } = await storeOfThree();
    clock.advance(16 * MINUTE);
    await ledger.compact();
    clock.advance(16 * MINUTE);
    await ledger.append([put("d")]);
    await ledger.compact();
    for (const { key } of (await store.list(`${INDEX}snap/`)).objects) await flip(store, key);
    const cold = await readAnew(store);
    expect(cold.status().isComplete).toBe(false);
    expect(await cold.compact()).toMatchObject({ kind: "damaged" });
    await writeThing(store, "d");
    await cold.rebuild({ records: things, createFold: createMapFold });
    expect(cold.status()).toMatchObject({ isComplete: true, records: 4, problems: [] });
  });

  test("a snapshot that the fold cannot read", async () => {
    const { store } = await storeOfThree();
    const ledger = openTestLedger(store);
    ledger.fold.load = () => {
      throw new Error("made by an older search");
    };
    await ledger.refresh();
    expect(ledger.status().problems).toMatchObject([{ kind: "corrupt_snapshot" }]);
    expect(idsOf(ledger)).toEqual(["a", "b", "c"]);
  });

  test.each([
    ["no JSON", "{"],
    ["something else", '{"format":1,"number":0}'],
  ])("a manifest that is %s: segments are written and read on", async (_what, text) => {
    const { store, ledger } = await storeOfThree();
    await store.put(MANIFEST, Buffer.from(text));
    const cold = await readAnew(store);
    expect(cold.status()).toMatchObject({
      isComplete: false,
      problems: [{ kind: "corrupt_manifest", key: MANIFEST }],
    });
    await ledger.append([put("d")]);
    await ledger.refresh();
    expect(idsOf(ledger)).toEqual(["a", "b", "c", "d"]);
    expect(await ledger.compact()).toMatchObject({ kind: "damaged" });
    await writeThing(store, "d");
    await cold.rebuild({ records: things, createFold: createMapFold });
    await ledger.refresh();
    for (const each of [cold, ledger, await readAnew(store)]) {
      expect(idsOf(each)).toEqual(["a", "b", "c", "d"]);
      expect(each.status()).toMatchObject({ isComplete: true, problems: [] });
    }
  });

  test("a manifest that is missing is no new index", async () => {
    const { store, clock, ledger } = await storeOfThree();
    clock.advance(MINUTE);
    await ledger.compact();
    await store.delete(MANIFEST);
    const cold = await readAnew(store);
    expect(cold.status().isComplete).toBe(false);
    expect(await cold.compact()).toMatchObject({ kind: "damaged" });
    await cold.rebuild({ records: things, createFold: createMapFold });
    expect((await readAnew(store)).status()).toMatchObject({ records: 3, isComplete: true });
  });
});

describe("what a newer version wrote is refused with a sentence", () => {
  test.each([
    ["manifest", async () => MANIFEST, '"format": 1', '"format": 7'],
    ["snapshot", (store: ObjectStore) => lastKey(store, "snap"), '"format":1', '"format":7'],
  ] as const)("a %s", async (_what, keyOf, now, newer) => {
    const { store } = await storeOfThree();
    await rewrite(store, await keyOf(store), (text) => text.replace(now, newer));
    await expect(openTestLedger(store).refresh()).rejects.toMatchObject({
      code: "newer_format",
      message: expect.stringMatching(/newer version .*format 7.* Update this program/),
    });
  });
});

describe("check and repair", () => {
  test("find nothing where nothing is wrong", async () => {
    const { ledger } = await storeOfThree();
    expect(await ledger.check(NOW)).toEqual({ records: 3, findings: [] });
  });

  test("find and mend what crashes left", async () => {
    const { store, ledger } = await storeOfThree();
    await writeThing(store, "unindexed");
    await writeThing(store, "a", 2);
    await ledger.append([gone("b", 1)]);
    await ledger.append([put("lost")]);
    await store.put(things.keyOf("broken"), Buffer.from("{"));
    const { findings } = await ledger.check(NOW);
    expect(findings.map(({ kind, key }) => `${kind} ${key}`).toSorted()).toEqual([
      `corrupt_record ${THINGS}broken.json`,
      `missing_record ${THINGS}lost.json`,
      `undeleted_record ${THINGS}b.json`,
      `unindexed ${THINGS}a.json`,
      `unindexed ${THINGS}unindexed.json`,
    ]);
    expect(await ledger.repair({ records: things })).toMatchObject({
      indexed: 3,
      removed: 1,
      left: [{ kind: "corrupt_record" }],
    });
    expect(idsOf(ledger)).toEqual(["a", "c", "unindexed"]);
    expect((await ledger.check(NOW)).findings).toMatchObject([{ kind: "corrupt_record" }]);
  });

  test("find a record that was put back by hand, which only a rebuild can mend", async () => {
    const { store, ledger } = await storeOfThree();
    await writeThing(store, "a", 2);
    await ledger.append([put("a", 2)]);
    await writeThing(store, "a", 1);
    const found = { kind: "ahead", id: "a", version: 1, indexed: 2 };
    expect((await ledger.check(NOW)).findings).toMatchObject([found]);
    expect((await ledger.repair({ records: things })).left).toMatchObject([found]);
    await ledger.rebuild({ records: things, createFold: createMapFold });
    expect(ledger.get("a")).toEqual({ version: 1, gone: false });
    expect((await ledger.check(NOW)).findings).toEqual([]);
  });

  test("take nothing for lost that is still on its way", async () => {
    const { store, clock, ledger } = await storeOfThree();
    await writeThing(store, "new");
    clock.set(Date.now());
    expect((await ledger.check({ records: things })).findings).toEqual([]);
    clock.advance(MINUTE);
    expect((await ledger.check({ records: things })).findings).toMatchObject([
      { kind: "unindexed", id: "new" },
    ]);
  });

  test("find damage in the store, though all of it is in memory", async () => {
    const { store, ledger } = await storeOfThree();
    const keys = [await lastKey(store, "snap"), await lastKey(store, "seg")];
    for (const key of keys) await flip(store, key);
    const { findings } = await ledger.check(NOW);
    expect(findings.map(({ kind, key }) => [kind, key])).toEqual([
      ["corrupt_snapshot", keys[0]],
      ["corrupt_segment", keys[1]],
    ]);
  });

  test("without reading records, find lines and records without each other", async () => {
    const { store, ledger } = await storeOfThree();
    await writeThing(store, "unindexed");
    await writeThing(store, "a", 2);
    const { findings } = await ledger.check({ ...NOW, deep: false });
    expect(findings).toMatchObject([{ kind: "unindexed", id: "unindexed" }]);
  });
});

describe("rebuild", () => {
  test.each([
    ["soon", MINUTE],
    ["so late that it is outrun", 16 * MINUTE],
  ])("keeps what others write, delete and compact meanwhile, %s", async (_when, pauseMs) => {
    const { store, clock } = await storeOfThree();
    const other = openTestLedger(store, { clock });
    let reads = 0;
    const meddled = watchedStore(store, async ({ name, key }, execute) => {
      const result = await execute();
      if (name === "get" && key.startsWith(THINGS) && reads++ === 1) {
        await writeThing(store, "d");
        await other.append([put("d")]);
        await other.append([gone("a", 1)]);
        await store.delete(things.keyOf("a"));
        clock.advance(pauseMs);
        await other.compact();
        clock.advance(pauseMs);
        await writeThing(store, "e");
        await other.append([put("e")]);
        await other.compact();
      }
      return result;
    });
    const ledger = openTestLedger(meddled, { clock: manualClock(clock.now()) });
    const seen: number[] = [];
    const { records } = await ledger.rebuild({
      records: things,
      createFold: createMapFold,
      onProgress: (count) => seen.push(count),
    });
    expect(seen.at(-1)).toBe(records);
    await other.refresh();
    for (const each of [ledger, other, await readAnew(store)]) {
      expect(idsOf(each)).toEqual(["b", "c", "d", "e"]);
    }
    expect((await ledger.check(NOW)).findings).toEqual([]);
  });

  test("keeps a deletion whose record is still there", async () => {
    const { store, ledger } = await storeOfThree();
    await ledger.append([gone("a", 1)]);
    await ledger.rebuild({ records: things, createFold: createMapFold });
    expect(idsOf(await readAnew(store))).toEqual(["b", "c"]);
  });

  test("leaves out a damaged record, and says which", async () => {
    const { store, ledger } = await storeOfThree();
    await store.put(things.keyOf("b"), Buffer.from("{"));
    const rebuilt = await ledger.rebuild({ records: things, createFold: createMapFold });
    expect(rebuilt).toMatchObject({ records: 3, damaged: [{ key: things.keyOf("b") }] });
    expect(idsOf(ledger)).toEqual(["a", "c"]);
  });

  test("of two at once: one says that the other came first", async () => {
    const { store } = await storeOfThree();
    const both = [openTestLedger(store), openTestLedger(store)];
    const outcomes = await Promise.allSettled(
      both.map((ledger) => ledger.rebuild({ records: things, createFold: createMapFold })),
    );
    expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected")
        expect(outcome.reason).toMatchObject({ code: "unsettled" });
    }
    expect(idsOf(await readAnew(store))).toEqual(["a", "b", "c"]);
  });

  test("stops where it is told to, and changes nothing", async () => {
    const { store, ledger } = await storeOfThree();
    const before = (await store.head(MANIFEST))?.etag;
    const stop = new AbortController();
    const work = ledger.rebuild({
      records: things,
      createFold: createMapFold,
      onProgress: () => stop.abort(new Error("enough")),
      signal: stop.signal,
    });
    await expect(work).rejects.toThrow("enough");
    expect((await store.head(MANIFEST))?.etag).toBe(before);
  });
});
