import { afterAll, beforeAll, expect, test } from "vitest";
import { nextEpoch } from "../src/core/epochs.ts";
import type { ReplicaStore } from "../src/replication/replica-store.ts";
import type { ObjectCopy } from "../src/wire/copy.ts";

/** What every store of copies promises. */
export function describeReplicas(open: () => Promise<ReplicaStore>): void {
  let store: ReplicaStore;
  let objects = 0;
  const copyOf = (id: string, seq: number, value = seq): ObjectCopy => ({
    ...{ class: "counter", id, seq, alive: true, bytes: 10, createdAt: 1, updatedAt: 2 },
    ...{ items: [["value", String(value)]], events: [], answers: [] },
  });
  const fresh = () => `replica-${++objects}`;

  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());

  test("keeps the last copy of an object, and who has it", async () => {
    const id = fresh();
    expect(await store.get({ class: "counter", id })).toBeUndefined();
    expect(await store.save({ owner: "a", copy: copyOf(id, 3) }, 100)).toBe(true);
    expect(await store.save({ owner: "a", copy: copyOf(id, 5) }, 200)).toBe(true);
    expect(await store.get({ class: "counter", id })).toEqual({
      ...{ owner: "a", given: {}, savedAt: 200, copy: copyOf(id, 5) },
    });
  });

  test("refuses an older copy, and every copy of who does not have it", async () => {
    const id = fresh();
    await store.save({ owner: "a", copy: copyOf(id, 5) }, 100);
    expect(await store.save({ owner: "a", copy: copyOf(id, 4) }, 200)).toBe(false);
    expect(await store.save({ owner: "b", copy: copyOf(id, 9) }, 200)).toBe(false);
    expect((await store.get({ class: "counter", id }))?.copy.seq).toBe(5);
  });

  test("of many who claim an object one gets it, and the one before is fenced off", async () => {
    const id = fresh();
    await store.save({ owner: "a", copy: copyOf(id, 5) }, 100);
    const replica = await store.get({ class: "counter", id });
    if (replica === undefined) throw new Error("nothing was stored");
    const seq = nextEpoch(5);
    const claims = Array.from({ length: 8 }, (_, index) =>
      store.claim(replica, { owner: `b${index}`, copy: copyOf(id, seq, 5) }, 200),
    );
    expect((await Promise.all(claims)).filter(Boolean)).toEqual([true]);
    expect(await store.save({ owner: "a", copy: copyOf(id, 6) }, 300)).toBe(false);
    const claimed = await store.get({ class: "counter", id });
    expect(claimed?.given).toEqual({ a: 5 });
    expect(claimed?.copy.seq).toBe(seq);
  });

  test("keeps both versions of a conflict, once, and still after it is resolved", async () => {
    const id = fresh();
    const ruling = { owner: "b", copy: copyOf(id, nextEpoch(5)) };
    const other = { owner: "a", copy: copyOf(id, 7) };
    await store.addConflict({ foundAt: 1, ruling, other });
    await store.addConflict({ foundAt: 2, ruling, other });
    const name = `counter/${id}/7`;
    const mine = async () => (await store.conflicts()).filter((each) => each.name === name);
    expect(await mine()).toEqual([{ name, foundAt: 1, ruling, other, resolved: undefined }]);
    await store.resolve(name, "other", { ruling, now: 9 });
    expect(await mine()).toEqual([]);
    const resolved = { at: 9, kept: "other" };
    expect(await store.conflict(name)).toEqual({ name, foundAt: 1, ruling, other, resolved });
    await expect(store.resolve(name, "ruling", { ruling, now: 10 })).rejects.toThrow("meanwhile");
  });
}
