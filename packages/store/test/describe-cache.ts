import { describe, expect, test } from "vitest";
import type { Cache, CacheAddress, CacheBounds } from "../src/index.ts";
import { type ManualClock, manualClock } from "./_clock.ts";
import { seededRandom } from "./_processes.ts";

export interface CacheSetting {
  readonly clock: ManualClock;
  readonly bounds: CacheBounds;
}

/** Opens one cache twice, as two processes would; twice the same where it belongs to one process. */
export type OpenCache = (setting: CacheSetting) => Promise<readonly [Cache, Cache]>;

const address: CacheAddress = { scope: "database", group: "query", key: "k" };
const ttlMs = 1_000;

/** What every cache promises. */
export function describeCache(name: string, openPair: OpenCache): void {
  async function open(bounds: Partial<CacheBounds> = {}) {
    const clock = manualClock();
    const [cache, other] = await openPair({
      clock,
      bounds: { maxEntries: 1_000, maxBytes: 1_000_000, ...bounds },
    });
    return { clock, cache, other };
  }

  describe(`${name}: values`, () => {
    test("come back as they were, text and bytes, for whoever shares the cache", async () => {
      const { cache, other, clock } = await open();
      const bytes = new Uint8Array([0, 255, 10]);
      expect(await cache.set(address, { value: "ünï\u0000😀", ttlMs })).toBe(true);
      await cache.set({ ...address, key: "b" }, { value: bytes, ttlMs });
      expect(await other.get(address)).toEqual({
        kind: "hit",
        value: "ünï\u0000😀",
        storedAt: clock.now(),
        stale: false,
        generation: 0,
      });
      expect(await other.get({ ...address, key: "b" })).toMatchObject({ value: bytes });
    });

    test("of other scopes, groups and keys are others", async () => {
      const { cache } = await open();
      await cache.set(address, { value: "v", ttlMs });
      for (const part of ["scope", "group", "key"]) {
        expect(await cache.get({ ...address, [part]: "x" })).toEqual({
          kind: "miss",
          generation: 0,
        });
      }
    });

    test("are gone after their time, and before that stale where that is allowed", async () => {
      const { cache, clock } = await open();
      await cache.set(address, { value: "v", ttlMs, staleMs: 500 });
      clock.advance(999);
      expect(await cache.get(address)).toMatchObject({ kind: "hit", stale: false });
      clock.advance(1);
      expect(await cache.get(address)).toMatchObject({ kind: "hit", stale: true });
      clock.advance(500);
      expect(await cache.get(address)).toMatchObject({ kind: "miss" });
    });

    test("are replaced and deleted by their address", async () => {
      const { cache, other } = await open();
      await cache.set(address, { value: "old", ttlMs });
      const { bytes } = await cache.stats({});
      await other.set(address, { value: "newer", ttlMs });
      expect(await cache.get(address)).toMatchObject({ value: "newer" });
      expect(await cache.stats({})).toEqual({ entries: 1, bytes: bytes + 2 });
      expect(await cache.delete(address)).toBe(true);
      expect(await cache.delete(address)).toBe(false);
      expect(await other.get(address)).toMatchObject({ kind: "miss" });
      expect(await cache.stats({})).toEqual({ entries: 0, bytes: 0 });
    });
  });

  describe(`${name}: generations`, () => {
    test("a bump ends the entries of its scope or group, and no others", async () => {
      const { cache, other } = await open();
      const sibling = { ...address, group: "schema" };
      const stranger = { ...address, scope: "tracker" };
      const kept = async () => {
        const looks = await Promise.all([address, sibling, stranger].map(cache.get));
        return looks.map(({ kind }) => kind).join(" ");
      };
      const fill = async () => {
        for (const each of [address, sibling, stranger])
          await cache.set(each, { value: "v", ttlMs });
      };
      await fill();
      await other.bump({ scope: "database", group: "query" });
      expect(await kept()).toBe("miss hit hit");
      await fill();
      await other.bump({ scope: "database" });
      expect(await kept()).toBe("miss miss hit");
      await fill();
      await other.bump({});
      expect(await kept()).toBe("miss miss miss");
    });

    test("a fill is stored only while its generation holds", async () => {
      const { cache, other } = await open();
      const selections = [{ scope: "database", group: "query" }, { scope: "database" }, {}];
      for (const selection of selections) {
        const { generation } = await cache.get(address);
        await other.bump(selection);
        expect(await cache.set(address, { value: "old", ttlMs, generation })).toBe(false);
        const next = await cache.get(address);
        expect(next).toMatchObject({ kind: "miss" });
        expect(await cache.set(address, { value: "new", ttlMs, ...next })).toBe(true);
      }
      const { generation } = await cache.get(address);
      await other.bump({ scope: "tracker" });
      expect(await cache.set(address, { value: "newer", ttlMs, generation })).toBe(true);
    });

    test("clearing frees the space, counts, and ends fills on their way", async () => {
      const { cache, other } = await open();
      for (const key of ["a", "b", "c"])
        await cache.set({ ...address, key }, { value: key, ttlMs });
      await cache.set({ ...address, scope: "tracker" }, { value: "t", ttlMs });
      const { generation } = await cache.get(address);
      expect(await other.clear({ scope: "database", group: "schema" })).toBe(0);
      expect(await other.clear({ scope: "database", group: "query" })).toBe(3);
      expect(await cache.set(address, { value: "late", ttlMs, generation })).toBe(false);
      expect(await cache.stats({})).toMatchObject({ entries: 1 });
      expect(await other.clear({})).toBe(1);
      expect(await cache.stats({})).toEqual({ entries: 0, bytes: 0 });
    });

    test("no read that follows a write is answered with what was before it", async () => {
      const { next, rounds } = seededRandom();
      const pair = await open({ maxEntries: 20 });
      await playWrites(pair, { next, steps: rounds(400) });
    });
  });

  describe(`${name}: bounds`, () => {
    test("what was used longest ago makes room", async () => {
      const { cache, clock } = await open({ maxEntries: 10 });
      const at = (key: number) => ({ ...address, key: String(key) });
      for (let key = 0; key < 10; key += 1) {
        await cache.set(at(key), { value: "v", ttlMs: 10_000_000 });
        clock.advance(60_000);
      }
      expect(await cache.get(at(0))).toMatchObject({ kind: "hit" });
      await cache.set(at(10), { value: "v", ttlMs: 10_000_000 });
      expect((await cache.stats({})).entries).toBeLessThanOrEqual(10);
      expect(await cache.get(at(1))).toMatchObject({ kind: "miss" });
      for (const key of [0, 9, 10]) expect(await cache.get(at(key))).toMatchObject({ kind: "hit" });
    });

    test("bytes are bounded and counted by scope and group", async () => {
      const { cache } = await open({ maxBytes: 10_000 });
      const value = "x".repeat(1_000);
      const fills = Array.from({ length: 30 }, (_, key) =>
        cache.set({ ...address, key: String(key) }, { value, ttlMs }),
      );
      await Promise.all(fills);
      const total = await cache.stats({});
      expect(total.bytes).toBeLessThanOrEqual(10_000);
      expect(total.bytes).toBeGreaterThan(5_000);
      expect(await cache.stats({ scope: "database" })).toEqual(total);
      expect(await cache.stats({ scope: "database", group: "query" })).toEqual(total);
      expect(await cache.stats({ scope: "tracker" })).toEqual({ entries: 0, bytes: 0 });
    });

    test("a value larger than the cache is not stored and displaces nothing", async () => {
      const { cache } = await open({ maxBytes: 10_000 });
      await cache.set(address, { value: "v", ttlMs });
      const large = { ...address, key: "large" };
      expect(await cache.set(large, { value: new Uint8Array(10_001), ttlMs })).toBe(false);
      expect(await cache.get(address)).toMatchObject({ kind: "hit" });
    });
  });
}

interface Play {
  readonly next: () => number;
  readonly steps: number;
}

/**
 * Reads and writes of one value, their steps in random order; reads are cancelled at times. A write
 * bumps before it is sent and after its outcome.
 */
async function playWrites({ cache, other }: { cache: Cache; other: Cache }, play: Play) {
  const { next, steps } = play;
  const either = () => (next() < 0.5 ? cache : other);
  let upstream = 0;
  let written = 0;
  const running: (() => Promise<boolean>)[] = [];

  function read(): () => Promise<boolean> {
    const [mine, atLeast] = [either(), written];
    let fetched: { value: string; generation: number } | undefined;
    return async () => {
      if (fetched) {
        const { value, generation } = fetched;
        if (next() < 0.9) await mine.set(address, { value, ttlMs: 1_000_000, generation });
        return true;
      }
      const look = await mine.get(address);
      if (look.kind === "hit") {
        expect(Number(look.value)).toBeGreaterThanOrEqual(atLeast);
        return true;
      }
      fetched = { value: String(upstream), generation: look.generation };
      return false;
    };
  }

  function write(): () => Promise<boolean> {
    const mine = either();
    let step = 0;
    let value = 0;
    return async () => {
      step += 1;
      if (step === 1) await mine.bump({ scope: address.scope });
      if (step === 2) value = ++upstream;
      if (step === 3) await mine.bump({ scope: address.scope });
      // Only now is the writer answered.
      if (step === 3) written = Math.max(written, value);
      return step === 3;
    };
  }

  for (let step = 0; step < steps; step += 1) {
    if (running.length < 6) running.push(next() < 0.8 ? read() : write());
    const at = Math.floor(next() * running.length);
    if (await running[at]?.()) running.splice(at, 1);
  }
}
