import { describe, expect, it } from "vitest";
import type { ErrorFact } from "../model/facts.ts";
import type { StoreUnderTest } from "./_describe-tracker-store.ts";
import { batchOf, factOf, factsOf, NOON, recordOf } from "./_sample.ts";
import type { TrackerStore } from "./tracker-store.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

async function fail(store: TrackerStore, facts: readonly (Partial<ErrorFact> & { id: string })[]) {
  const records = facts.map(({ id, at = NOON }) => recordOf(id, { at }));
  const errors = facts.map((fact, n) => ({
    ...factOf(records[n] ?? recordOf("")),
    ...{ class: "exit-code" as const, component: "Bash", message: "Exit code 2" },
    ...{ group: "g", family: "f", template: "Exit code <*>", files: ["a.ts"] },
    ...{ ...fact, id: `${fact.id}#0` },
  }));
  return store.commit(batchOf(records, { facts: factsOf({ errors }) }));
}

export function describeErrors({ open }: StoreUnderTest): void {
  describe("error groups", () => {
    it("knows the first and the last, whatever order they come in", async () => {
      const store = await open();
      const { newGroups } = await fail(store, [
        { id: "e1", at: NOON + 10 },
        { id: "e2", at: NOON },
        { id: "e3", at: NOON + 20 },
      ]);
      expect(newGroups).toEqual(["g"]);
      expect(await store.errorGroup("g")).toEqual({
        ...{
          group: "g",
          family: "f",
          template: "Exit code <*>",
          class: "exit-code",
          component: "Bash",
        },
        ...{
          message: "Exit code 2",
          firstAt: NOON,
          firstRecordId: "e2",
          lastAt: NOON + 20,
          lastRecordId: "e3",
        },
        ...{
          lastSessionId: "claude-code:one",
          project: "shop",
          count: 3,
          status: "open",
          regressions: 0,
        },
      });
    });

    it("comes back after it was resolved", async () => {
      const store = await open();
      await fail(store, [{ id: "e1" }]);
      const resolution = { at: NOON + 100, by: "ann", note: "fixed" };
      expect(await store.resolveErrors("g", resolution)).toMatchObject({
        status: "resolved",
        resolution,
      });
      expect((await fail(store, [{ id: "e2", at: NOON + 50 }])).regressedGroups).toEqual([]);
      expect((await fail(store, [{ id: "e3", at: NOON + 200 }])).regressedGroups).toEqual(["g"]);
      expect(await store.errorGroup("g")).toMatchObject({
        status: "regressed",
        regressions: 1,
        regressedAt: NOON + 200,
      });
      expect((await store.errorGroups({ statuses: ["regressed"] })).items).toHaveLength(1);
      const opened = await store.resolveErrors("g", undefined);
      expect(opened.status).toBe("open");
      expect(opened.resolution).toBeUndefined();
      await expect(store.resolveErrors("none", resolution)).rejects.toMatchObject({
        code: "not_found",
      });
    });

    it("lists and counts groups of a time, with their course", async () => {
      const store = await open();
      await fail(store, [
        { id: "e1", group: "a" },
        { id: "e2", group: "a", at: NOON + HOUR },
        { id: "e3", group: "b", at: NOON + 2 * HOUR, class: "timeout", component: "api" },
        { id: "e4", group: "c", at: NOON + 3 * HOUR, project: "till", family: "other" },
      ]);
      const groups = async (query: object) =>
        (await store.errorGroups(query)).items.map(({ group }) => group);
      expect(await groups({})).toEqual(["c", "b", "a"]);
      expect(await groups({ order: "count" })).toEqual(["a", "c", "b"]);
      expect(await groups({ order: "first", limit: 1 })).toEqual(["c"]);
      expect(await groups({ project: "till" })).toEqual(["c"]);
      expect(await groups({ classes: ["timeout"] })).toEqual(["b"]);
      expect(await groups({ component: "Bash", family: "f" })).toEqual(["a"]);
      expect(await groups({ from: NOON + HOUR, to: NOON + 3 * HOUR })).toEqual(["b", "a"]);
      const time = { from: NOON, to: NOON + 4 * HOUR, buckets: 4 };
      expect((await store.errorGroups(time)).items.map(({ buckets }) => buckets)).toEqual([
        [0, 0, 0, 1],
        [0, 0, 1, 0],
        [1, 1, 0, 0],
      ]);
      expect((await store.errorGroup("a", time))?.buckets).toEqual([1, 1, 0, 0]);
      await expect(store.errorGroups({ buckets: 4 })).rejects.toMatchObject({
        code: "invalid_input",
      });
      const first = await store.errorGroups({ limit: 2 });
      const rest = await store.errorGroups({ limit: 2, cursor: first.next ?? "" });
      expect([...first.items, ...rest.items].map(({ group }) => group)).toEqual(["c", "b", "a"]);
    });

    it("tells events and spans in the order of time", async () => {
      const store = await open();
      await fail(store, [
        { id: "e1", group: "b", at: NOON + MINUTE },
        { id: "e2", group: "a" },
        { id: "e3", group: "a", at: NOON + 10 * MINUTE },
      ]);
      const events = await store.errorEvents({ from: NOON, to: NOON + HOUR });
      expect(events.items.map(({ id }) => id)).toEqual(["e2#0", "e1#0", "e3#0"]);
      expect(events.items[0]).toMatchObject({ group: "a", files: ["a.ts"], recordId: "e2" });
      expect(
        (await store.errorEvents({ group: "a", newest: true, limit: 1 })).items.map(({ id }) => id),
      ).toEqual(["e3#0"]);
      expect((await store.errorEvents({ project: "till" })).items).toEqual([]);
      expect(await store.errorCounts({ spanMs: 5 * MINUTE })).toEqual([
        { group: "a", at: NOON, count: 1 },
        { group: "b", at: NOON, count: 1 },
        { group: "a", at: NOON + 10 * MINUTE, count: 1 },
      ]);
      expect(await store.errorCounts({ spanMs: HOUR, group: "a" })).toEqual([
        { group: "a", at: NOON, count: 2 },
      ]);
      await expect(store.errorCounts({ spanMs: 1 })).rejects.toMatchObject({
        code: "invalid_input",
      });
    });
  });

  describe("runs, edits and usage", () => {
    it("finds runs and edits, and sums them", async () => {
      const store = await open();
      const records = [0, 1, 2].map((n) => recordOf(`r${n}`, { at: NOON + n }));
      const [one, two, three] = records as [
        (typeof records)[0],
        (typeof records)[0],
        (typeof records)[0],
      ];
      const run = { command: "npm test", tool: "Bash", test: true };
      await store.commit(
        batchOf(records, {
          facts: factsOf({
            runs: [
              { ...factOf(one), ...run, ok: true, durationMs: 5 },
              { ...factOf(two), ...run, ok: false },
              { ...factOf(three), command: "ls", tool: "Bash", ok: true, test: false },
            ],
            edits: [
              { ...factOf(one, 1), path: "a.ts" },
              { ...factOf(two, 1), path: "a.ts" },
            ],
          }),
        }),
      );
      const runs = await store.runs({ command: "npm test" });
      expect(runs.items.map(({ ok }) => ok)).toEqual([true, false]);
      expect((await store.runs({ test: false })).items.map(({ command }) => command)).toEqual([
        "ls",
      ]);
      expect((await store.edits({ path: "a.ts", newest: true, limit: 1 })).items[0]?.recordId).toBe(
        "r1",
      );
      expect((await store.edits({ sessionId: "claude-code:one" })).items).toHaveLength(2);
      expect(await store.runSums({})).toEqual([
        { command: "npm test", test: true, ok: 1, failed: 1 },
        { command: "ls", test: false, ok: 1, failed: 0 },
      ]);
      expect(await store.editSums({ project: "shop", from: NOON })).toEqual([
        { path: "a.ts", count: 2 },
      ]);
      expect(await store.editSums({ from: NOON + DAY })).toEqual([]);
    });

    it("counts a response once, as it was told last", async () => {
      const store = await open();
      const usage = (id: string, outputTokens: number, at = NOON) => {
        const record = recordOf(id, { at });
        const tokens = {
          inputTokens: 10,
          outputTokens,
          cacheReadTokens: 1,
          cacheWriteTokens: 2,
          cacheWriteHourTokens: 0,
        };
        return { record, fact: { ...factOf(record), responseId: "msg_1", model: "m", ...tokens } };
      };
      const told = [usage("u1", 1), usage("u2", 5, NOON + 1)];
      await store.commit(
        batchOf(
          told.map(({ record }) => record),
          { facts: factsOf({ usage: told.map(({ fact }) => fact) }) },
        ),
      );
      for (const { record, fact } of [usage("u4", 9, NOON + 2 * DAY), usage("u3", 7, NOON + 2)]) {
        await store.commit(batchOf([record], { facts: factsOf({ usage: [fact] }) }));
      }
      const sum = {
        ...{ model: "m", responses: 1, inputTokens: 10, outputTokens: 9, cacheReadTokens: 1 },
        ...{ cacheWriteTokens: 2, cacheWriteHourTokens: 0 },
      };
      expect(await store.usage({ by: "all" })).toEqual([{ key: "", ...sum }]);
      expect(await store.usage({ by: "day" })).toEqual([{ key: "2026-10-07", ...sum }]);
      expect(await store.usage({ by: "session", project: "shop" })).toEqual([
        { key: "claude-code:one", ...sum },
      ]);
      expect(await store.usage({ by: "model", to: NOON + DAY })).toEqual([]);
    });
  });
}
