import type { Clock } from "@trestle/protocol";
import { describe, expect, it } from "vitest";
import type { StoreUnderTest } from "./_describe-tracker-store.ts";
import { batchOf, factOf, factsOf, NOON, recordOf } from "./_sample.ts";
import type { Cursor } from "./tracker-store.ts";

const cursorAt = (offset: number): Cursor => ({
  key: "1:2",
  source: "claude",
  path: "/logs/one.jsonl",
  offset,
  head: "aa",
  headLength: 2,
  tail: "",
  begunAt: 0,
});

export function describeCommits({ open }: StoreUnderTest): void {
  describe("batches", () => {
    it("gives back a record as it was given, with its facts", async () => {
      const store = await open();
      const record = recordOf("r1", {
        laneId: "sub",
        origin: { source: "claude", path: "/a b.jsonl", offset: 7, uuid: "u" },
      });
      const edits = [{ ...factOf(record), path: "src/a.ts" }];
      await store.commit(batchOf([record], { facts: factsOf({ edits }) }));
      const stored = await store.record("r1");
      expect(stored?.record).toEqual(record);
      expect(stored).toMatchObject({ project: "shop", agent: "claude-code", facts: { edits } });
    });

    it("stores a record once, whatever file and batch it comes from", async () => {
      const store = await open();
      const record = recordOf("r1");
      const errors = [errorOf(record)];
      const first = await store.commit(batchOf([record, record], { facts: factsOf({ errors }) }));
      const again = { ...record, origin: { ...record.origin, path: "/logs/two.jsonl" } };
      const second = await store.commit(
        batchOf([again, recordOf("r2")], { facts: factsOf({ errors }) }),
      );
      expect(first.records).toEqual(["r1"]);
      expect(second.records).toEqual(["r2"]);
      expect((await store.stats()).records).toBe(2);
      expect(await store.session("claude-code:one")).toMatchObject({ records: 2, errors: 1 });
      expect((await store.errorGroup("v1:g"))?.count).toBe(1);
      expect((await store.record("r1"))?.record.origin.path).toBe("/logs/one.jsonl");
    });

    it("stores a batch with its cursor or not at all", async () => {
      const store = await open();
      await store.commit(
        batchOf([recordOf("r1")], { cursor: cursorAt(10), memories: new Map([["m", "1"]]) }),
      );
      const stale = batchOf([recordOf("r2")], {
        cursor: cursorAt(20),
        expected: cursorAt(5),
        memories: new Map([["m", "2"]]),
      });
      await expect(store.commit(stale)).rejects.toMatchObject({ code: "conflict" });
      expect(await store.record("r2")).toBeUndefined();
      expect(await store.cursor("1:2")).toEqual(cursorAt(10));
      expect(await store.memories(["m", "none"])).toEqual(new Map([["m", "1"]]));
      await store.commit({ ...stale, expected: cursorAt(10) });
      expect(await store.cursors("claude")).toEqual([cursorAt(20)]);
      expect(await store.memories(["m"])).toEqual(new Map([["m", "2"]]));
      await store.forgetCursors(["1:2"]);
      expect(await store.cursors()).toEqual([]);
    });

    it("lets one of two batches from the same cursor through", async () => {
      const store = await open();
      const batches = ["a", "b", "c"].map((id) =>
        batchOf([recordOf(id)], { cursor: cursorAt(10) }),
      );
      const outcomes = await Promise.allSettled(batches.map((batch) => store.commit(batch)));
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect((await store.stats()).records).toBe(1);
    });

    it("refuses a batch that cannot be kept, with a word on why", async () => {
      const store = await open();
      const stray = { ...factOf(recordOf("other")), path: "a.ts" };
      await expect(
        store.commit(batchOf([recordOf("r1")], { facts: factsOf({ edits: [stray] }) })),
      ).rejects.toMatchObject({ code: "invalid_input", message: expect.stringContaining("other") });
      await expect(store.commit(batchOf([recordOf("r1", { at: 1.5 })]))).rejects.toMatchObject({
        code: "invalid_input",
      });
      expect((await store.stats()).records).toBe(0);
    });

    it("keeps more records of one millisecond than have a number in it, in their order", async () => {
      const store = await open();
      const records = Array.from({ length: 5_000 }, (_, n) => recordOf(`r${n}`, { at: NOON }));
      await store.commit(batchOf(records.slice(0, 3_000)));
      await store.commit(batchOf(records.slice(3_000)));
      const ids: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await store.records({
          sessionId: "claude-code:one",
          limit: 1_000,
          ...(cursor === undefined ? {} : { cursor }),
        });
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.next;
        if (cursor === undefined) break;
      }
      expect(ids).toEqual(records.map(({ id }) => id));
    });

    it("counts skipped lines for their source", async () => {
      const store = await open();
      const skipped = new Map([["broken JSON", 2]]);
      await store.commit(batchOf([], { cursor: cursorAt(1), skipped }));
      await store.commit(batchOf([], { cursor: cursorAt(2), expected: cursorAt(1), skipped }));
      expect(await store.skipped()).toMatchObject([
        { source: "claude", reason: "broken JSON", count: 4 },
      ]);
    });
  });

  describe("sessions and records", () => {
    it("joins what is learned of a session and pages them by last activity", async () => {
      const store = await open();
      const two = recordOf("r2", { sessionId: "codex:two", at: NOON + 10 });
      await store.commit(batchOf([recordOf("r1", { session: { branch: "main" } }), two]));
      const told = { project: "till", agent: "codex" as const };
      await store.commit(batchOf([], { sessions: new Map([["codex:two", told]]) }));
      expect(await store.session("claude-code:one")).toEqual({
        ...{ id: "claude-code:one", project: "shop", agent: "claude-code", branch: "main" },
        ...{ firstAt: NOON, lastAt: NOON, records: 1, errors: 0 },
      });
      const first = await store.sessions({ limit: 1 });
      expect(first.items.map(({ id }) => id)).toEqual(["codex:two"]);
      const rest = await store.sessions({ limit: 1, cursor: first.next ?? "" });
      expect(rest.items.map(({ id }) => id)).toEqual(["claude-code:one"]);
      expect(rest.next).toBeUndefined();
      expect((await store.sessions({ project: "till" })).items).toHaveLength(1);
      expect((await store.sessions({ agent: "gemini" })).items).toEqual([]);
      await expect(store.sessions({ cursor: "nonsense" })).rejects.toMatchObject({
        code: "invalid_input",
      });
    });

    it("finds records by session, lane and time, either way round", async () => {
      const store = await open();
      await store.commit(
        batchOf(
          [1, 2, 3].map((n) =>
            recordOf(`r${n}`, { at: NOON + n, ...(n === 2 ? { laneId: "sub" } : {}) }),
          ),
        ),
      );
      const idsOf = async (query: object) =>
        (await store.records({ sessionId: "claude-code:one", ...query })).items.map(({ id }) => id);
      expect(await idsOf({})).toEqual(["r1", "r2", "r3"]);
      expect(await idsOf({ newest: true, limit: 2 })).toEqual(["r3", "r2"]);
      expect(await idsOf({ laneId: "sub" })).toEqual(["r2"]);
      expect(await idsOf({ from: NOON + 2, to: NOON + 3 })).toEqual(["r2"]);
      expect(await idsOf({ sessionId: "claude-code:none" })).toEqual([]);
    });
  });

  describe("leases", () => {
    it("goes to one holder, and to another with a higher fence after its time", async () => {
      let now = NOON;
      const store = await open({ clock: clockOf(() => now) });
      const lease = await store.takeLease("claude", { holder: "a", ttlMs: 1_000 });
      expect(await store.takeLease("claude", { holder: "b", ttlMs: 1_000 })).toBeUndefined();
      const kept = await store.takeLease("claude", { holder: "a", ttlMs: 2_000 });
      expect(kept?.fence).toBe(lease?.fence);
      now += 2_001;
      const taken = await store.takeLease("claude", { holder: "b", ttlMs: 1_000 });
      expect(taken?.fence).toBeGreaterThan(lease?.fence ?? 0);
      if (!lease || !taken) throw new Error("no lease");
      await expect(store.commit(batchOf([recordOf("late")], { lease }))).rejects.toMatchObject({
        code: "conflict",
      });
      await store.commit(batchOf([recordOf("r1")], { lease: taken }));
      await store.releaseLease(taken);
      expect(await store.takeLease("claude", { holder: "a", ttlMs: 1_000 })).toBeDefined();
    });
  });
}

function errorOf(record: ReturnType<typeof recordOf>) {
  return {
    ...factOf(record),
    ...{ class: "exit-code" as const, component: "Bash", message: "Exit code 2" },
    ...{ group: "v1:g", family: "v1:f", template: "Exit code <*>", files: [] },
  };
}

/** Only its time is asked for. */
export const clockOf = (now: () => number): Clock => ({ now, after: () => () => {} });
