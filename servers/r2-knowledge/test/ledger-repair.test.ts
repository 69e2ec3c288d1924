import { manualClock } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import { createMapFold } from "./_ledger-map-fold.ts";
import { flip, lastKey, MANIFEST, MINUTE, readAnew, storeOfThree } from "./_ledger-of-three.ts";
import { idsOf, openTestLedger } from "./_ledger-parts.ts";
import { gone, put, THINGS, things, writeThing } from "./_ledger-things.ts";
import { watchedStore } from "./_ledger-watched-store.ts";

const NOW = { records: things, settledMs: 0 };

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
