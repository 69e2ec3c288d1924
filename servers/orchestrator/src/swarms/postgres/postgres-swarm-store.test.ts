import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { silentLogger } from "@trestle/protocol";
import {
  askPostgres,
  createLocalDatabase,
  hasLocalPostgres,
} from "@trestle/testkit/local-postgres";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openPostgres } from "../../runs/postgres/postgres.ts";
import { describeSwarmStore } from "../_describe-swarm-store.ts";
import type { Change, SharedSwarms, SwarmStore } from "../swarm-store.ts";
import { createPostgresSwarmStore } from "./postgres-swarm-store.ts";

const HELD_MS = 300;

describe.skipIf(!(await hasLocalPostgres()))("on a Postgres", () => {
  let database: Awaited<ReturnType<typeof createLocalDatabase>>;
  beforeAll(async () => {
    database = await createLocalDatabase({ prefix: "trestle_swarms" });
  });
  afterAll(() => database.drop());

  async function open(): Promise<SwarmStore & { readonly shared: SharedSwarms }> {
    const postgres = await openPostgres({ url: database.url, log: silentLogger });
    const options = { postgres, watcher: randomUUID(), heldMs: HELD_MS };
    const store = createPostgresSwarmStore(options);
    if (store.shared === undefined) throw new Error("nobody shares it");
    return { ...store, shared: store.shared };
  }

  async function openTwo() {
    const stores = [await open(), await open()] as const;
    onTestFinished(async () => {
      for (const store of stores) await store.close();
    });
    return stores;
  }

  describeSwarmStore("Postgres", async () => {
    const store = await open();
    await askPostgres(database.url, "TRUNCATE trestle.swarm CASCADE");
    return store;
  });

  const swarm = (id: string) => ({ id, owner: "ann", createdAt: 1, watched: true });
  const memory = (key: string): Change => ({
    kind: "memory",
    id: key,
    record: { key, version: 1, value: key, by: "owner", at: 1 },
  });
  const commit = (after: number, key: string) => ({ after, changes: [memory(key)], watched: true });

  test("ids keep characters that Postgres has no text for", async () => {
    const [store] = await openTwo();
    const changes = [memory("a\0b"), memory("\ud800"), memory("\ud801"), memory('"\\')];
    await store.create(swarm("odd"), changes);
    expect(new Set((await store.load("odd"))?.changes)).toEqual(new Set(changes));
  });

  test("a process that stops in the middle is not waited for, and stores nothing", async () => {
    const [one, two] = await openTwo();
    await one.create(swarm("stopped"), []);
    const { promise: resumed, resolve: resume } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const seen: (number | undefined)[] = [];
    const slow = one.shared.alone("stopped", async (held) => {
      const version = (await held.load("stopped"))?.version ?? 0;
      seen.push(version);
      begin();
      await resumed;
      await held.commit("stopped", commit(version, "slow"));
    });
    await begun;
    await two.commit("stopped", commit(1, "quick"));
    resume();
    await slow;
    // It was done again, on what the other had made of it.
    expect(seen).toEqual([1, 2]);
    expect(await two.load("stopped")).toMatchObject({ version: 3 });
  });

  test("whoever decides has the swarm alone, in the order of asking", async () => {
    const [one, two] = await openTwo();
    await one.create(swarm("alone"), []);
    let inside = 0;
    const add = (store: typeof one) =>
      store.shared.alone("alone", async (held) => {
        inside += 1;
        expect(inside).toBe(1);
        const loaded = await held.load("alone");
        await pause(2);
        await held.commit("alone", commit(loaded?.version ?? 0, "x"));
        inside -= 1;
      });
    await Promise.all(Array.from({ length: 20 }, (_, at) => add(at % 2 === 0 ? one : two)));
    expect(await one.load("alone")).toMatchObject({ version: 21 });
  });

  test("what is to be watched one process watches, and another when that one is silent", async () => {
    const [one, two] = await openTwo();
    await askPostgres(database.url, "TRUNCATE trestle.swarm CASCADE");
    for (const id of ["a", "b"]) await one.create(swarm(id), []);
    await one.create({ ...swarm("c"), watched: false }, []);
    const both = await Promise.all([one.shared.watch(400), two.shared.watch(400)]);
    expect(both.flat().toSorted()).toEqual(["a", "b"]);
    const [first, second] = both[0]?.includes("a") ? [one, two] : [two, one];
    await first.shared.alone("a", async (held) => {
      expect(await held.isWatching("a")).toBe(true);
    });
    while (!(await second.shared.watch(60_000)).includes("a")) await pause(20);
    await first.shared.alone("a", async (held) => {
      expect(await held.isWatching("a")).toBe(false);
    });
    expect(await first.shared.watch(60_000)).not.toContain("a");
    await second.shared.unwatch();
    expect(await first.shared.watch(60_000)).toContain("a");
  });
});
