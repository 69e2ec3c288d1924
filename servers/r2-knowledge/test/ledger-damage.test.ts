import { describe, expect, test } from "vitest";
import type { ObjectStore } from "../src/object-store/object-store.ts";
import { createMapFold } from "./_ledger-map-fold.ts";
import {
  flip,
  lastKey,
  MANIFEST,
  MINUTE,
  readAnew,
  rewrite,
  storeOfThree,
} from "./_ledger-of-three.ts";
import { idsOf, newStore, openTestLedger } from "./_ledger-parts.ts";
import { INDEX, put, things, writeThing } from "./_ledger-things.ts";
import { countedStore } from "./_ledger-watched-store.ts";

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
    ["snapshot", (store: ObjectStore) => lastKey(store, "snap"), '"format":3', '"format":7'],
  ] as const)("a %s", async (_what, keyOf, now, newer) => {
    const { store } = await storeOfThree();
    await rewrite(store, await keyOf(store), (text) => text.replace(now, newer));
    await expect(openTestLedger(store).refresh()).rejects.toMatchObject({
      code: "newer_format",
      message: expect.stringMatching(/newer version .*format 7.* Update this program/),
    });
  });
});
