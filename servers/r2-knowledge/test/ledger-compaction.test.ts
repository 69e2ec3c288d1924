import { manualClock } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import { parseManifest } from "../src/ledger/manifest.ts";
import type { ObjectStore } from "../src/object-store/object-store.ts";
import { idsOf, newStore, openTestLedger } from "./_ledger-parts.ts";
import { gone, INDEX, put } from "./_ledger-things.ts";
import { countedStore, type StoreRequest, watchedStore } from "./_ledger-watched-store.ts";

const MINUTE = 60_000;
const MANIFEST = `${INDEX}manifest.json`;

async function keysOf(store: ObjectStore, folder: "seg" | "snap"): Promise<string[]> {
  return (await store.list(`${INDEX}${folder}/`)).objects.map(({ key }) => key);
}

async function manifestOf(store: ObjectStore) {
  const found = await store.get(MANIFEST);
  return parseManifest(MANIFEST, found?.body ?? new Uint8Array());
}

/** Holds back the next request of a kind until it is let go. */
function gateOn(store: ObjectStore, isHeld: (request: StoreRequest) => boolean) {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let armed = true;
  const gated = watchedStore(store, async (request, execute) => {
    if (armed && isHeld(request)) {
      armed = false;
      reach();
      await released;
    }
    return execute();
  });
  return { store: gated, reached, release };
}

describe("a compaction", () => {
  test("names exactly the segments that it took in, and keeps them for slow readers", async () => {
    const store = await newStore();
    const ledger = openTestLedger(store);
    await ledger.append([put("a"), put("b")]);
    const segments = await keysOf(store, "seg");
    expect(await ledger.compact()).toEqual({ kind: "done", number: 1, absorbed: 1 });
    const manifest = await manifestOf(store);
    expect(manifest.history).toMatchObject([{ number: 1, absorbed: segments }]);
    expect(await keysOf(store, "seg")).toEqual(segments);
    expect(await keysOf(store, "snap")).toEqual([manifest.snapshot]);
  });

  test("is done once a minute at most, and only where there is something", async () => {
    const store = await newStore();
    const clock = manualClock();
    const [one, other] = [openTestLedger(store, { clock }), openTestLedger(store, { clock })];
    expect(await one.compact()).toEqual({ kind: "nothing" });
    await one.append([put("a")]);
    expect(await one.compact()).toMatchObject({ kind: "done" });
    await one.append([put("b")]);
    clock.advance(20_000);
    expect(await other.compact()).toEqual({ kind: "too_soon", waitMs: 40_000 });
    clock.advance(40_000);
    expect(await other.compact()).toMatchObject({ kind: "done", number: 2 });
    clock.advance(MINUTE);
    expect(await one.compact()).toEqual({ kind: "nothing" });
    // The grace period is longer than that.
    expect(await keysOf(store, "seg")).toHaveLength(2);
  });

  test("deletes what was absorbed, and what was replaced, after the grace period", async () => {
    const store = await newStore();
    const ledger = openTestLedger(store);
    for (let number = 1; number <= 4; number += 1) {
      await ledger.append([put(`id${number}`)]);
      expect(await ledger.compact()).toMatchObject({ kind: "done", number });
      ledger.clock.advance(16 * MINUTE);
    }
    expect(await keysOf(store, "seg")).toHaveLength(1);
    const { history, snapshot } = await manifestOf(store);
    expect(history.map(({ number }) => number)).toEqual([4]);
    expect(await keysOf(store, "snap")).toEqual([history[0]?.replaced, snapshot]);
    const cold = openTestLedger(store);
    await cold.refresh();
    expect(idsOf(cold)).toEqual(["id1", "id2", "id3", "id4"]);
  });

  test("of two processes at once: one wins, nothing is lost, no snapshot is left over", async () => {
    const store = await newStore();
    const clock = manualClock();
    const gate = gateOn(store, ({ name, key }) => name === "put" && key === MANIFEST);
    const [slow, fast] = [openTestLedger(gate.store, { clock }), openTestLedger(store, { clock })];
    await fast.append([put("zero")]);
    expect(await fast.compact()).toMatchObject({ kind: "done", number: 1 });
    clock.advance(MINUTE);
    await slow.append([put("a")]);
    const slowly = slow.compact();
    await gate.reached;
    await fast.append([put("b")]);
    expect(await fast.compact()).toMatchObject({ kind: "done", number: 2 });
    gate.release();
    expect(await slowly).toEqual({ kind: "lost" });
    clock.advance(MINUTE);
    await slow.append([put("c")]);
    expect(await slow.compact()).toMatchObject({ kind: "done", number: 3 });
    const { history, snapshot } = await manifestOf(store);
    const named = [...history.flatMap(({ replaced }) => replaced ?? []), snapshot];
    expect(await keysOf(store, "snap")).toEqual(named);
    const cold = openTestLedger(store);
    await cold.refresh();
    expect(idsOf(cold)).toEqual(["a", "b", "c", "zero"]);
  });

  test("clears up after itself without touching the snapshot of one that has begun since", async () => {
    const store = await newStore();
    const clock = manualClock();
    // The first one listed the snapshots late, when the next one's was there and its manifest not yet.
    const sweeping = gateOn(store, ({ name, key }) => name === "list" && key.endsWith("/snap/"));
    const swapping = gateOn(store, ({ name, key }) => name === "put" && key === MANIFEST);
    // Its own time stands still.
    const first = openTestLedger(sweeping.store, { clock: manualClock(clock.now() + MINUTE) });
    await openTestLedger(store, { clock }).append([put("zero")]);
    await openTestLedger(store, { clock }).compact();
    await first.append([put("a")]);
    const firstDone = first.compact();
    await sweeping.reached;
    clock.advance(2 * MINUTE);
    const second = openTestLedger(swapping.store, { clock });
    await second.append([put("b")]);
    const secondDone = second.compact();
    await swapping.reached;
    sweeping.release();
    await firstDone;
    swapping.release();
    expect(await secondDone).toMatchObject({ kind: "done", number: 3 });
    const cold = openTestLedger(store);
    await cold.refresh();
    expect(cold.status()).toMatchObject({ isComplete: true, problems: [], records: 3 });
  });

  test("whose answer got lost is known to have been done", async () => {
    let lose = true;
    const store = watchedStore(await newStore(), async ({ name, key }, execute) => {
      const result = await execute();
      if (lose && name === "put" && key === MANIFEST) {
        lose = false;
        throw Object.assign(new Error("no answer"), { code: "outcome_unknown" });
      }
      return result;
    });
    const ledger = openTestLedger(store);
    await ledger.append([put("a")]);
    expect(await ledger.compact()).toMatchObject({ kind: "done", number: 1 });
  });

  test("writes the summaries, and says where that failed", async () => {
    const summaries: number[] = [];
    const ledger = openTestLedger(await newStore(), {
      summarise: async () => {
        summaries.push(ledger.status().records);
        if (summaries.length > 1) throw new Error("no room for summaries");
      },
    });
    await ledger.append([put("a")]);
    await ledger.compact();
    expect(summaries).toEqual([1]);
    await ledger.append([put("b")]);
    ledger.clock.advance(MINUTE);
    await expect(ledger.compact()).rejects.toThrow("no room for summaries");
    await ledger.refresh();
    expect(ledger.status()).toMatchObject({ number: 2, unabsorbed: 0 });
  });

  test("remembers deletions, so that a late line cannot bring a record back", async () => {
    const store = await newStore();
    const clock = manualClock();
    const ledger = openTestLedger(store, { clock });
    await ledger.append([put("a", 1), put("b", 1)]);
    await ledger.append([gone("a", 1, clock.now())]);
    await ledger.compact();
    await openTestLedger(store, { clock }).append([put("a", 1)]);
    const cold = openTestLedger(store, { clock });
    await cold.refresh();
    expect(idsOf(cold)).toEqual(["b"]);
  });

  test("does not mind a manifest from a clock that is ahead", async () => {
    const store = await newStore();
    const ahead = openTestLedger(store, { clock: manualClock(Date.UTC(2030, 0, 1)) });
    await ahead.append([put("a")]);
    await ahead.compact();
    const ledger = openTestLedger(store);
    await ledger.append([put("b")]);
    expect(await ledger.compact()).toMatchObject({ kind: "done", number: 2 });
  });
});

describe("a slow writer", () => {
  test("whose segment lands after the compaction is found, though its key is older", async () => {
    const store = await newStore();
    const clock = manualClock();
    const gate = gateOn(store, ({ name }) => name === "put");
    // Its own time stands still.
    const slow = openTestLedger(gate.store);
    const appended = slow.append([put("slow")]);
    await gate.reached;
    clock.advance(MINUTE);
    const fast = openTestLedger(store, { clock });
    await fast.append([put("fast")]);
    await fast.compact();
    gate.release();
    await appended;
    await fast.refresh();
    expect(idsOf(fast)).toEqual(["fast", "slow"]);
    clock.advance(MINUTE);
    expect(await fast.compact()).toMatchObject({ kind: "done", absorbed: 1 });
  });
});

describe("a slow reader", () => {
  test("whose snapshot was deleted meanwhile begins again with the one that counts", async () => {
    const store = await newStore();
    const clock = manualClock();
    const writer = openTestLedger(store, { clock });
    await writer.append([put("id0")]);
    await writer.compact();
    const gate = gateOn(store, ({ name, key }) => name === "get" && key.includes("/snap/"));
    // Its own time stands still.
    const reader = openTestLedger(gate.store);
    const reading = reader.refresh();
    await gate.reached;
    for (let number = 1; number <= 3; number += 1) {
      clock.advance(16 * MINUTE);
      await writer.append([put(`id${number}`)]);
      await writer.compact();
    }
    gate.release();
    await reading;
    expect(idsOf(reader)).toEqual(["id0", "id1", "id2", "id3"]);
    expect(reader.status().problems).toEqual([]);
  });

  test("that slept through several compactions takes the snapshot instead", async () => {
    const store = await newStore();
    const clock = manualClock();
    const [reader, writer] = [openTestLedger(store, { clock }), openTestLedger(store, { clock })];
    await writer.append([put("id0")]);
    await reader.refresh();
    for (let number = 1; number <= 4; number += 1) {
      await writer.append([put(`id${number}`)]);
      await writer.compact();
      clock.advance(16 * MINUTE);
    }
    await reader.refresh();
    expect(idsOf(reader)).toEqual(["id0", "id1", "id2", "id3", "id4"]);
  });

  test("misses nothing that is absorbed and deleted between two of its requests", async () => {
    const store = await newStore();
    const clock = manualClock();
    const writer = openTestLedger(store, { clock });
    let asked = 0;
    const busy = watchedStore(store, async (_request, execute) => {
      asked += 1;
      if (asked === 2) {
        for (const id of ["x", "y"]) {
          clock.advance(16 * MINUTE);
          await writer.append([put(id)]);
          await writer.compact();
        }
      }
      return execute();
    });
    await writer.append([put("zero")]);
    await writer.compact();
    const reader = openTestLedger(busy);
    asked = 10;
    await reader.refresh();
    await openTestLedger(store, { clock }).append([put("before")]);
    asked = 0;
    await reader.refresh();
    expect(idsOf(reader)).toEqual(expect.arrayContaining(["before", "zero"]));
  });

  test("that is up to date reads no snapshot and no segment of its own", async () => {
    const store = countedStore(await newStore());
    const ledger = openTestLedger(store);
    await ledger.refresh();
    for (let number = 1; number <= 3; number += 1) {
      await ledger.append([put(`id${number}`)]);
      await ledger.compact();
      ledger.clock.advance(MINUTE);
      await ledger.refresh();
    }
    const read = store.requests.filter(({ name }) => name === "get").map(({ key }) => key);
    expect(new Set(read)).toEqual(new Set([MANIFEST]));
  });
});

describe("a cold start", () => {
  test("takes few requests, however many records there are and however they were written", async () => {
    const store = await newStore();
    const clock = manualClock();
    const writers = Array.from({ length: 8 }, (_, at) =>
      openTestLedger(store, { clock, writer: `w${at}` }),
    );
    for (let round = 0; round < 30; round += 1) {
      const work = writers.map((writer, at) =>
        writer.append(Array.from({ length: 50 }, (_, line) => put(`w${at}-${round}-${line}`))),
      );
      await Promise.all(work);
      if (round !== 15) continue;
      await writers[0]?.compact();
      // Each writer begins a new run.
      clock.advance(MINUTE);
    }
    const counted = countedStore(store);
    const cold = openTestLedger(counted);
    await cold.refresh();
    expect(cold.status().records).toBe(8 * 30 * 50);
    expect(counted.requests.length).toBeLessThanOrEqual(20);
    const before = counted.requests.length;
    await cold.refresh();
    expect(counted.requests.slice(before).map(({ name }) => name)).toEqual(["list", "head"]);
  });
});
