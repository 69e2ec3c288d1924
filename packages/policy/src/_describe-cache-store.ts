import { describe, expect, test } from "vitest";
import { createTestClock, type TestClock } from "./_parts.ts";
import type { CacheStore } from "./cache-store.ts";

const key = (digest: string, server = "db", tool = "run") => ({ server, tool, digest });

/** What every store of the cache must hold to. */
export function describeCacheStore(
  name: string,
  createStore: (clock: TestClock) => CacheStore | Promise<CacheStore>,
): void {
  describe(`${name} holds to the contract of a cache store`, () => suite(createStore));
}

function suite(createStore: (clock: TestClock) => CacheStore | Promise<CacheStore>): void {
  async function setUp() {
    const clock = createTestClock(0);
    const store = await createStore(clock);
    const put = (digest: string, generation = 0, text = '{"a":1}') => {
      const [askedAt, ttlMs] = [clock.now(), 100];
      return store.put(key(digest), { text, askedAt, ttlMs, dropAt: askedAt + 200 }, generation);
    };
    return { clock, store, put };
  }

  test("keeps an entry until it is to be dropped", async () => {
    const { clock, store, put } = await setUp();
    expect(await put("x")).toBe(true);
    clock.advance(199);
    expect(await store.get(key("x"))).toMatchObject({ text: '{"a":1}', askedAt: 0, ttlMs: 100 });
    clock.advance(1);
    expect(await store.get(key("x"))).toBeUndefined();
    expect(await store.stats()).toEqual({ entries: 0, bytes: 0 });
  });

  test("a new generation drops the entries of its server at once", async () => {
    const { store, put } = await setUp();
    await put("x");
    expect(await store.bump("other")).toBe(1);
    expect((await store.stats()).entries).toBe(1);
    expect(await store.bump("db")).toBe(1);
    expect(await store.stats()).toEqual({ entries: 0, bytes: 0 });
  });

  test("takes no entry of a generation that is over", async () => {
    const { store, put } = await setUp();
    await store.bump("db");
    expect(await put("x", 0)).toBe(false);
    expect(await put("x", 1)).toBe(true);
  });

  test("takes nothing that was asked before a server is settled again", async () => {
    const { clock, store, put } = await setUp();
    await store.bump("db", 50);
    // A later write of known outcome does not shorten the wait for the earlier one.
    await store.bump("db");
    clock.advance(49);
    expect(await put("x", 2)).toBe(false);
    clock.advance(1);
    expect(await put("x", 2)).toBe(true);
  });

  test("an entry that is stored again counts once", async () => {
    const { store, put } = await setUp();
    await put("x");
    const { bytes } = await store.stats();
    await put("x", 0, '{"a":2}');
    expect(await store.stats()).toEqual({ entries: 1, bytes });
    expect((await store.get(key("x")))?.text).toBe('{"a":2}');
  });

  test("clears a tool, a server or all, and says how many there were", async () => {
    const { clock, store } = await setUp();
    const entry = { text: "{}", askedAt: clock.now(), ttlMs: 100, dropAt: clock.now() + 200 };
    for (const [digest, server, tool] of [
      ["1", "db", "a"],
      ["2", "db", "b"],
      ["3", "b", "a"],
    ] as const) {
      await store.put(key(digest, server, tool), entry, 0);
    }
    expect(await store.clear({ server: "db", tool: "a" })).toBe(1);
    expect(await store.get(key("1", "db", "a"))).toBeUndefined();
    expect(await store.clear({ server: "db" })).toBe(1);
    expect(await store.clear({})).toBe(1);
    expect(await store.stats()).toEqual({ entries: 0, bytes: 0 });
    expect(await store.generation("db")).toBe(0);
  });
}
