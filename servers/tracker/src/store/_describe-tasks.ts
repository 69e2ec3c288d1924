import { describe, expect, it } from "vitest";
import type { TaskFact } from "../model/facts.ts";
import type { PhaseName } from "../model/phase.ts";
import { clockOf } from "./_describe-commits.ts";
import type { StoreUnderTest } from "./_describe-tracker-store.ts";
import { batchOf, factOf, factsOf, NOON, recordOf } from "./_sample.ts";
import type { TrackerStore } from "./tracker-store.ts";

/** A record for each fact, a second apart. */
async function tell(
  store: TrackerStore,
  facts: readonly (Partial<TaskFact> & { taskId: string })[],
  from = 0,
) {
  const records = facts.map((fact, n) =>
    recordOf(`t${from + n}`, {
      at: fact.at ?? NOON + (from + n) * 1_000,
      sessionId: fact.sessionId ?? "claude-code:one",
    }),
  );
  const tasks = facts.map((fact, n) => ({
    ...factOf(records[n] ?? recordOf("")),
    source: "task-tool" as const,
    confidence: 1,
    ...fact,
  }));
  return store.commit(batchOf(records, { facts: factsOf({ tasks }) }));
}

export function describeTasks({ open }: StoreUnderTest): void {
  describe("tasks", () => {
    it("is found by the phase in which it was spoken of last, and else by none", async () => {
      const store = await open();
      const met = (name: PhaseName, at: number) => ({
        phase: { name, why: "npm test", recordId: `t${at}`, at: NOON + at },
      });
      await tell(store, [
        { taskId: "a", subject: "Mend the till", status: "open", ...met("testing", 3) },
        { taskId: "a", subject: "Mend the till", ...met("implementation", 1) },
        { taskId: "a", note: "late" },
        { taskId: "b", subject: "Oil the hinge", status: "open" },
      ]);
      const found = async (phase: PhaseName | "unknown") =>
        (await store.tasks({ phase })).items.map(({ id, phase: shown }) => [id, shown?.recordId]);
      expect(await found("testing")).toEqual([["a", "t3"]]);
      expect(await found("implementation")).toEqual([]);
      expect(await found("unknown")).toEqual([["b", undefined]]);
    });

    it("is what its facts say, the most trusted and then the last", async () => {
      const store = await open();
      await tell(store, [
        { taskId: "a", subject: "Mend the till", status: "open" },
        { taskId: "a", status: "done", at: NOON + 9_000 },
        { taskId: "a", status: "in_progress", at: NOON + 5_000 },
        {
          taskId: "a",
          status: "open",
          source: "unfinished-words",
          confidence: 0.5,
          at: NOON + 9_500,
        },
      ]);
      expect(await store.task("a")).toMatchObject({
        ...{
          subject: "Mend the till",
          status: "done",
          statusSource: "task-tool",
          statusAt: NOON + 9_000,
        },
        ...{
          source: "task-tool",
          facts: 4,
          createdAt: NOON,
          updatedAt: NOON + 9_500,
          project: "shop",
        },
      });
    });

    it("shows the records that its evidence stands in", async () => {
      const store = await open();
      await tell(store, [
        { taskId: "a", subject: "x" },
        { taskId: "a", status: "done", shownBy: "t0" },
      ]);
      const task = await store.task("a");
      expect(task?.evidence.map(({ fact, record }) => [fact.id, record?.id])).toEqual([
        ["t1#0", "t0"],
        ["t0#0", "t0"],
      ]);
      expect(task?.evidence[0]?.record?.origin.path).toBe("/logs/one.jsonl");
    });

    it("takes a person's word before all facts, until it is taken back", async () => {
      const store = await open({ clock: clockOf(() => NOON + 60_000) });
      await tell(store, [{ taskId: "a", subject: "x", status: "in_progress" }]);
      const said = await store.updateTask("a", {
        status: "blocked",
        priority: 80,
        note: "waits",
        by: "ann",
      });
      expect(said).toMatchObject({
        status: "blocked",
        statusSource: "person",
        priority: 80,
        note: "waits",
      });
      await tell(store, [{ taskId: "a", status: "done", at: NOON + 90_000 }], 1);
      expect(await store.task("a")).toMatchObject({ status: "blocked" });
      expect((await store.task("a"))?.evidence.some(({ fact }) => fact.by === "ann")).toBe(true);
      expect(await store.updateTask("a", { status: null })).toMatchObject({
        status: "done",
        priority: 80,
      });
      await expect(store.updateTask("none", { note: "x" })).rejects.toMatchObject({
        code: "not_found",
      });
      await expect(store.updateTask("a", { priority: 101 })).rejects.toMatchObject({
        code: "invalid_input",
      });
    });

    it("lists the most urgent first, filtered and in pages", async () => {
      const store = await open();
      await tell(store, [
        { taskId: "a", subject: "Mend the till", status: "open", priority: 10 },
        { taskId: "b", subject: "Paint the door", status: "in_progress", priority: 90 },
        {
          taskId: "c",
          subject: "Mend the roof",
          status: "done",
          priority: 50,
          sessionId: "codex:two",
        },
        {
          taskId: "d",
          subject: "Sweep",
          status: "open",
          project: "till",
          confidence: 0.4,
          source: "plan",
        },
      ]);
      const ids = async (query: object) => (await store.tasks(query)).items.map(({ id }) => id);
      expect(await ids({})).toEqual(["b", "c", "a", "d"]);
      expect(await ids({ order: "created" })).toEqual(["d", "c", "b", "a"]);
      expect(
        await ids({ order: "updated", updated: { from: NOON + 1_000, to: NOON + 3_000 } }),
      ).toEqual(["c", "b"]);
      expect(await ids({ statuses: ["open", "in_progress"] })).toEqual(["b", "a", "d"]);
      expect(await ids({ statuses: [] })).toEqual([]);
      expect(await ids({ project: "till" })).toEqual(["d"]);
      expect(await ids({ sources: ["plan"] })).toEqual(["d"]);
      expect(await ids({ minConfidence: 0.5, statuses: ["open"] })).toEqual(["a"]);
      expect(await ids({ sessionId: "codex:two" })).toEqual(["c"]);
      expect(await ids({ text: "mend" })).toEqual(["c", "a"]);
      expect(await ids({ text: "mend -roof" })).toEqual(["a"]);
      const first = await store.tasks({ limit: 3 });
      expect(first.items.map(({ id }) => id)).toEqual(["b", "c", "a"]);
      const rest = await store.tasks({ limit: 3, cursor: first.next ?? "" });
      expect(rest).toEqual({ items: [expect.objectContaining({ id: "d" })] });
    });

    it("orders by scores, which a person's word overrules", async () => {
      const store = await open();
      await tell(store, [
        { taskId: "a", priority: 10 },
        { taskId: "b", priority: 20 },
      ]);
      await store.scoreTasks([
        { taskId: "a", score: 70, terms: { errors: 60, age: 10 } },
        { taskId: "gone", score: 1, terms: {} },
      ]);
      const [first] = (await store.tasks()).items;
      expect(first).toMatchObject({ id: "a", priority: 70, terms: { errors: 60, age: 10 } });
      await store.updateTask("b", { priority: 99 });
      expect((await store.tasks()).items[0]).toMatchObject({ id: "b", priority: 99 });
    });

    it("makes two tasks one, also for facts to come", async () => {
      const store = await open();
      await tell(store, [
        { taskId: "a", subject: "one" },
        { taskId: "b", subject: "two" },
        { taskId: "c" },
      ]);
      await store.mergeTasks("c", "b");
      expect(await store.mergeTasks("b", "a", "ann")).toMatchObject({ id: "a", facts: 3 });
      await tell(store, [{ taskId: "c", status: "done" }], 3);
      expect((await store.tasks()).items.map(({ id }) => id)).toEqual(["a"]);
      const task = await store.task("b");
      expect(task).toMatchObject({ id: "a", status: "done", facts: 4 });
      expect(task?.merged.toSorted()).toEqual(["b", "c"]);
      expect(task?.evidence.filter(({ record }) => record)).toHaveLength(4);
      await expect(store.mergeTasks("c", "a")).rejects.toMatchObject({ code: "invalid_input" });
    });

    it("counts them by state, project, and day", async () => {
      const store = await open();
      const day = 86_400_000;
      await tell(store, [
        { taskId: "a", status: "open" },
        { taskId: "b", status: "done", project: "till" },
        { taskId: "b", status: "done", project: "till", at: NOON + day },
      ]);
      expect(await store.countTasks({ by: "status" })).toEqual([
        { key: "done", count: 1 },
        { key: "open", count: 1 },
      ]);
      expect(await store.countTasks({ by: "project", statuses: ["done"] })).toEqual([
        { key: "till", count: 1 },
      ]);
      expect(await store.countTasks({ by: "created" })).toEqual([{ key: "2026-10-05", count: 2 }]);
      expect(await store.countTasks({ by: "finished" })).toEqual([{ key: "2026-10-06", count: 1 }]);
      expect(await store.countTasks({ by: "finished", time: { to: NOON } })).toEqual([]);
      expect(await store.countTasks({ by: "source", project: "shop" })).toEqual([
        { key: "task-tool", count: 1 },
      ]);
    });
  });
}
