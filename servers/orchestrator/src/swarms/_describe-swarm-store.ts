import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { MemoryRecord } from "./model.ts";
import type { Change, StoredSwarm, SwarmStore } from "./swarm-store.ts";

function newSwarm(id: string, facts: Partial<StoredSwarm> = {}): StoredSwarm {
  return { id, owner: "ann", createdAt: 5, watched: false, ...facts };
}

function memory(key: string, value: string): Change {
  const record: MemoryRecord = { key, version: 1, value, by: "owner", at: 1 };
  return { kind: "memory", id: key, record };
}

const commit = (after: number, ...changes: Change[]) => ({ after, changes, watched: true });

/** What every store of swarms promises. */
export function describeSwarmStore(name: string, open: () => Promise<SwarmStore>): void {
  describe(`swarms in ${name}`, () => {
    let store: SwarmStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test("come back as they went in", async () => {
      await store.create(newSwarm("s1"), [memory("a", "Évora"), memory("b", "2")]);
      const loaded = await store.load("s1");
      expect(loaded).toMatchObject({ version: 1, isWhole: true });
      expect(new Set(loaded?.changes)).toEqual(new Set([memory("a", "Évora"), memory("b", "2")]));
      expect(await store.load("nobody")).toBeUndefined();
    });

    test("have ids of their own", async () => {
      await store.create(newSwarm("s1"), []);
      const again = store.create(newSwarm("s1"), [memory("a", "other")]);
      await expect(again).rejects.toMatchObject({ code: "conflict" });
      expect((await store.load("s1"))?.changes).toEqual([]);
    });

    test("take a commit only where nobody was quicker, whole or not at all", async () => {
      await store.create(newSwarm("s1"), [memory("a", "1")]);
      await store.commit("s1", commit(1, memory("a", "2")));
      const late = store.commit("s1", commit(1, memory("a", "late"), memory("b", "late")));
      await expect(late).rejects.toMatchObject({ code: "conflict" });
      const both = await Promise.allSettled([
        store.commit("s1", commit(2, memory("c", "x"))),
        store.commit("s1", commit(2, memory("c", "y"))),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      const loaded = await store.load("s1");
      expect(loaded?.version).toBe(3);
      expect(loaded?.changes).toHaveLength(2);
      const nobodys = store.commit("nobody", commit(0));
      await expect(nobodys).rejects.toMatchObject({ code: "not_found" });
    });

    test("commit in the order in which they are told to, without waiting", async () => {
      await store.create(newSwarm("s1"), []);
      const commits = Array.from({ length: 50 }, (_, at) =>
        store.commit("s1", commit(at + 1, memory("count", String(at)))),
      );
      await Promise.all(commits);
      expect(await store.load("s1")).toMatchObject({
        version: 51,
        changes: [memory("count", "49")],
      });
    });

    test("tell what changed since a version, also what was taken away", async () => {
      await store.create(newSwarm("s1"), [memory("a", "1"), memory("b", "1")]);
      await store.commit("s1", commit(1, memory("b", "2")));
      await store.commit("s1", commit(2, { kind: "memory", id: "a", record: null }));
      const since = await store.load("s1", 1);
      expect(new Set(since?.changes)).toEqual(
        new Set([memory("b", "2"), { kind: "memory", id: "a", record: null }]),
      );
      expect(await store.load("s1", 3)).toEqual({ version: 3, isWhole: false, changes: [] });
      expect(await store.load("s1")).toMatchObject({ changes: [memory("b", "2")] });
    });

    test("keep kinds with the same id apart", async () => {
      const vote = { task: "a", agent: "b", choice: "accept", at: 1 } as const;
      const changes: Change[] = [memory("a", "1"), { kind: "vote", id: "a", record: vote }];
      await store.create(newSwarm("s1"), changes);
      expect((await store.load("s1"))?.changes).toHaveLength(2);
    });

    test("are listed newest first, by page and owner, and those that have to be watched", async () => {
      for (const id of ["a", "b", "c"]) await store.create(newSwarm(id), []);
      await store.create(newSwarm("d", { owner: "bob", watched: true }), []);
      const ids = async (filter: object) =>
        (await store.list({ limit: 10, ...filter })).map(({ id }) => id);
      expect(await ids({})).toEqual(["d", "c", "b", "a"]);
      expect(await ids({ limit: 2 })).toEqual(["d", "c"]);
      expect(await ids({ beforeId: "c" })).toEqual(["b", "a"]);
      expect(await ids({ owner: "bob" })).toEqual(["d"]);
      await store.commit("b", commit(1));
      await store.commit("d", { ...commit(1), watched: false });
      expect(await ids({ watched: true })).toEqual(["b"]);
    });

    test("are gone when they are taken away, and take no more commits", async () => {
      await store.create(newSwarm("s1"), [memory("a", "1")]);
      await store.create(newSwarm("s2"), [memory("a", "2")]);
      expect(await store.remove("s1")).toBe(true);
      expect(await store.remove("s1")).toBe(false);
      expect(await store.load("s1")).toBeUndefined();
      await expect(store.commit("s1", commit(1))).rejects.toMatchObject({ code: "not_found" });
      expect((await store.load("s2"))?.changes).toEqual([memory("a", "2")]);
      await store.create(newSwarm("s1"), []);
      expect((await store.load("s1"))?.changes).toEqual([]);
    });
  });
}
