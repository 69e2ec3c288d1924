import { manualClock, until } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import { openLedger } from "../src/ledger/ledger.ts";
import { ObjectStoreError } from "../src/object-store/object-store.ts";
import { createMapFold } from "./_ledger-map-fold.ts";
import { idsOf, newStore, openTestLedger } from "./_ledger-parts.ts";
import { gone, INDEX, put } from "./_ledger-things.ts";
import { countedStore, watchedStore } from "./_ledger-watched-store.ts";

const MINUTE = 60_000;

describe("append", () => {
  test("is seen by its own reader at once, and by another one with its next refresh", async () => {
    const store = await newStore();
    const [one, other] = [openTestLedger(store), openTestLedger(store)];
    await one.refresh();
    await other.refresh();
    await one.append([put("a"), put("b")]);
    expect(idsOf(one)).toEqual(["a", "b"]);
    expect(idsOf(other)).toEqual([]);
    await other.refresh();
    expect(idsOf(other)).toEqual(["a", "b"]);
    expect(other.get("a")).toEqual({ version: 1, gone: false });
  });

  test("of many at once shares the segment after the one that is on its way", async () => {
    const store = countedStore(await newStore());
    const ledger = openTestLedger(store);
    await Promise.all(Array.from({ length: 100 }, (_, at) => ledger.append([put(`id${at}`)])));
    expect(store.requests.filter(({ name }) => name === "put")).toHaveLength(2);
    await ledger.refresh();
    expect(ledger.status().records).toBe(100);
  });

  test("one after the other makes one segment that is to be read, however many there were", async () => {
    const store = await newStore();
    const ledger = openTestLedger(store);
    for (let at = 0; at < 40; at += 1) await ledger.append([put(`id${at}`)]);
    const counted = countedStore(store);
    const cold = openTestLedger(counted);
    await cold.refresh();
    expect(cold.status().records).toBe(40);
    expect(counted.requests.filter(({ key }) => key.includes("/seg/0"))).toHaveLength(1);
  });

  test("deletes the segments that a longer one replaced, once slow readers are done", async () => {
    const store = await newStore();
    const ledger = openTestLedger(store);
    for (const id of ["a", "b", "c"]) await ledger.append([put(id)]);
    ledger.clock.advance(31_000);
    await ledger.append([put("d")]);
    expect((await store.list(`${INDEX}seg/`)).objects).toHaveLength(2);
  });

  test("waits out a busy store", async () => {
    let refusals = 3;
    const busy = watchedStore(await newStore(), async ({ name }, execute) => {
      if (name === "put" && refusals-- > 0) throw new ObjectStoreError("throttled", "slow down");
      return execute();
    });
    const ledger = openTestLedger(busy);
    const appended = ledger.append([put("a")]);
    await untilDone(appended, ledger.clock);
    await ledger.refresh();
    expect(idsOf(ledger)).toEqual(["a"]);
  });

  test("gives up at its deadline, says why, and writes the next one", async () => {
    let isDown = true;
    const store = watchedStore(await newStore(), async ({ name }, execute) => {
      if (isDown && name === "put") throw new ObjectStoreError("unavailable", "not reached");
      return execute();
    });
    const ledger = openTestLedger(store, { deadlineMs: 5_000 });
    const failed = expect(ledger.append([put("a")])).rejects.toMatchObject({ code: "unavailable" });
    await untilDone(failed, ledger.clock);
    isDown = false;
    await ledger.append([put("b")]);
    await ledger.refresh();
    expect(idsOf(ledger)).toEqual(["b"]);
  });

  test("whose answer got lost is found by reading it back, and written once", async () => {
    let lose = true;
    const store = watchedStore(await newStore(), async ({ name }, execute) => {
      const result = await execute();
      if (name === "put" && lose) {
        lose = false;
        throw new ObjectStoreError("outcome_unknown", "no answer");
      }
      return result;
    });
    const ledger = openTestLedger(store);
    await ledger.append([put("a")]);
    expect((await store.list(`${INDEX}seg/`)).objects).toHaveLength(1);
  });

  test("that may still take effect says so", async () => {
    const store = watchedStore(await newStore(), async ({ name }, execute) => {
      if (name === "put") throw new ObjectStoreError("outcome_unknown", "no answer");
      return execute();
    });
    const ledger = openTestLedger(store, { deadlineMs: 1_000 });
    const failed = expect(ledger.append([put("a")])).rejects.toMatchObject({
      code: "outcome_unknown",
    });
    await untilDone(failed, ledger.clock);
  });

  test("that arrives late after all stands beside what was written since", async () => {
    const store = await newStore();
    let late: (() => Promise<unknown>) | undefined;
    let isLost = false;
    const lossy = watchedStore(store, async ({ name }, execute) => {
      if (!isLost || name !== "put") return execute();
      late ??= execute;
      throw new ObjectStoreError("outcome_unknown", "no answer");
    });
    const ledger = openTestLedger(lossy, { deadlineMs: 1_000 });
    await ledger.append([put("a")]);
    isLost = true;
    const failed = expect(ledger.append([put("late")])).rejects.toThrow();
    await untilDone(failed, ledger.clock);
    isLost = false;
    await late?.();
    await ledger.append([put("b")]);
    await ledger.append([put("c")]);
    const cold = openTestLedger(store);
    await cold.refresh();
    expect(idsOf(cold)).toEqual(["a", "b", "c", "late"]);
  });

  test("is refused at once where trying again is useless", async () => {
    const store = watchedStore(await newStore(), async ({ name }, execute) => {
      if (name === "put") throw new ObjectStoreError("denied", "no permission to write");
      return execute();
    });
    const ledger = openTestLedger(store);
    await expect(ledger.append([put("a")])).rejects.toMatchObject({ code: "denied" });
  });

  test("is refused where it is too large, no JSON, or where too much waits", async () => {
    const never = watchedStore(await newStore(), ({ name }, execute) =>
      name === "put" ? new Promise(() => {}) : execute(),
    );
    const ledger = openTestLedger(never);
    const large = (mebibytes: number) => put("a", 1, "x".repeat(mebibytes * 1024 * 1024));
    await expect(ledger.append([large(9)])).rejects.toMatchObject({ code: "too_large" });
    await expect(ledger.append([put("a", 1.5)])).rejects.toThrow("no line");
    for (let at = 0; at < 9; at += 1) void ledger.append([large(7)]);
    await expect(ledger.append([large(7)])).rejects.toMatchObject({ code: "busy" });
  });

  test("is refused after close, which waits for what came before", async () => {
    const store = await newStore();
    const ledger = openTestLedger(store);
    const before = ledger.append([put("a")]);
    await ledger.close();
    await before;
    await expect(ledger.append([put("b")])).rejects.toMatchObject({ code: "closed" });
  });
});

describe("merging", () => {
  test("takes the highest version of an id, whichever comes last", async () => {
    const store = await newStore();
    const ledger = openTestLedger(store);
    await ledger.append([put("a", 3)]);
    await ledger.append([put("a", 2), gone("b", 1), put("b", 1), put("c", 1)]);
    await ledger.append([gone("c", 1), gone("a", 2)]);
    await ledger.refresh();
    expect([...ledger.fold.entries.keys()]).toEqual(["a"]);
    expect(ledger.get("a")).toEqual({ version: 3, gone: false });
    expect(ledger.get("c")).toEqual({ version: 1, gone: true });
  });

  test("lets a higher version come back", async () => {
    const ledger = openTestLedger(await newStore());
    await ledger.append([gone("a", 4)]);
    await ledger.append([put("a", 5)]);
    await ledger.refresh();
    expect(idsOf(ledger)).toEqual(["a"]);
  });
});

describe("refresh", () => {
  test("asks nothing while the answer is young enough, and always where it is told 0", async () => {
    const store = countedStore(await newStore());
    const ledger = openTestLedger(store);
    await ledger.refresh();
    const first = store.requests.length;
    ledger.clock.advance(999);
    await ledger.refresh({ maxAgeMs: 1_000 });
    expect(store.requests).toHaveLength(first);
    ledger.clock.advance(1);
    await ledger.refresh({ maxAgeMs: 1_000 });
    expect(store.requests.length).toBeGreaterThan(first);
    await ledger.refresh({ maxAgeMs: 0 });
  });

  test("of many at once reads once for those that came before it began, once for the others", async () => {
    const store = countedStore(await newStore());
    const ledger = openTestLedger(store);
    const one = ledger.refresh();
    await Promise.resolve();
    const others = Array.from({ length: 20 }, () => ledger.refresh());
    await Promise.all([one, ...others]);
    expect(store.requests.filter(({ key }) => key.endsWith("/seg/"))).toHaveLength(2);
  });

  test("leaves the state as it was where the store does not answer", async () => {
    let isDown = false;
    const store = watchedStore(await newStore(), async (_request, execute) => {
      if (isDown) throw new ObjectStoreError("denied", "not any more");
      return execute();
    });
    const ledger = openTestLedger(store);
    await ledger.append([put("a")]);
    await ledger.refresh();
    isDown = true;
    await expect(ledger.refresh()).rejects.toMatchObject({ code: "denied" });
    expect(idsOf(ledger)).toEqual(["a"]);
  });

  test("shows what was committed while everything is read anew", async () => {
    const memory = await newStore();
    let release = () => {};
    let held: Promise<void> | undefined;
    const store = watchedStore(memory, async ({ name, key }, execute) => {
      const result = await execute();
      if (name === "list" && key.endsWith("/seg/")) await held;
      return result;
    });
    const other = openTestLedger(memory);
    await other.append([put("a")]);
    await other.compact();
    const ledger = openTestLedger(store);
    held = new Promise((resolve) => {
      release = resolve;
    });
    const reading = ledger.refresh();
    await ledger.append([put("b")]);
    release();
    await reading;
    expect(idsOf(ledger)).toEqual(["a", "b"]);
  });

  test("never shows half of an append", async () => {
    const store = await newStore();
    const writer = openTestLedger(store);
    const reader = openTestLedger(store);
    const seen: number[] = [];
    const { apply } = reader.fold;
    reader.fold.apply = (lines) => {
      apply(lines);
      seen.push(reader.fold.entries.size % 3);
    };
    await reader.refresh();
    for (let at = 0; at < 20; at += 1) {
      await Promise.all([
        writer.append([put(`x${at}`), put(`y${at}`), put(`z${at}`)]),
        reader.refresh(),
      ]);
    }
    await reader.refresh();
    expect(reader.fold.entries.size).toBe(60);
    expect(new Set(seen)).toEqual(new Set([0]));
  });

  test("a writer that finds many segments compacts, about once a minute", async () => {
    const store = await newStore();
    const clock = manualClock();
    for (let at = 0; at < 10; at += 1) {
      const brief = openTestLedger(store, { clock });
      await brief.append([put(`id${at}`)]);
    }
    const ledger = openLedger({
      ...{ store, prefix: INDEX, fold: createMapFold(), writer: "w", clock },
      random: Math.random,
    });
    await ledger.append([put("early")]);
    clock.advance(MINUTE);
    await ledger.append([put("late")]);
    await until("compacted", () => ledger.status().unabsorbed > 0);
    await ledger.close();
    await ledger.refresh({ maxAgeMs: 0 });
    expect(ledger.status()).toMatchObject({ number: 1, records: 12 });
  });
});

/** Moves time on until it settles. */
async function untilDone(work: Promise<unknown>, clock: ReturnType<typeof manualClock>) {
  let settled = false;
  const end = () => {
    settled = true;
  };
  work.then(end, end);
  await until("settled", () => {
    const next = clock.next();
    // Timers that guard a request are armed for long; those between two attempts are short.
    if (!settled && next !== undefined && next <= 5_000) clock.advance(next);
    return settled;
  });
  await work;
}
