import { describe, expect, it } from "vitest";
import type { StoreUnderTest } from "./_describe-tracker-store.ts";
import { batchOf, factOf, factsOf, NOON, recordOf } from "./_sample.ts";
import type { TrackerStore } from "./tracker-store.ts";

const DAY = 86_400_000;

export function describeKept({ open }: StoreUnderTest): void {
  describe("documents and sources", () => {
    it("keeps documents by kind and key, and their history as long as asked", async () => {
      const store = await open();
      const health = (at: number, key = "redis") => ({
        kind: "health" as const,
        key,
        at,
        value: { ms: at },
      });
      await store.putDocuments([health(1)], { keep: 2 });
      await store.putDocuments([health(2), health(2, "rest")], { keep: 2 });
      await store.putDocuments([health(3)], { keep: 2 });
      expect(await store.document("health", "redis")).toEqual(health(3));
      expect(await store.document("insight", "redis")).toBeUndefined();
      expect(await store.history("health", "redis")).toEqual([health(3), health(2)]);
      expect(await store.history("health", "redis", { to: 3 })).toEqual([health(2)]);
      expect(
        (await store.documents("health", { prefix: "re" })).items.map(({ key }) => key),
      ).toEqual(["redis", "rest"]);
      expect((await store.documents("health", { prefix: "red" })).items).toEqual([health(3)]);
      const page = await store.documents("health", { limit: 1 });
      expect(
        (await store.documents("health", { limit: 1, cursor: page.next ?? "" })).items,
      ).toEqual([health(2, "rest")]);
      await store.putDocuments([{ kind: "insight", key: "i", at: 1, value: {} }]);
      await store.removeDocuments("health", ["redis"]);
      expect(await store.history("health", "redis")).toEqual([]);
      expect((await store.documents("insight")).items).toHaveLength(1);
    });

    it("lists watched sources by name", async () => {
      const store = await open();
      const source = { name: "logs", kind: "log" as const, path: "/var/log/x", addedAt: NOON };
      await store.putSource(source);
      await store.putSource({ ...source, path: "/var/log/y", options: { level: "warning" } });
      expect(await store.sources()).toEqual([
        { ...source, path: "/var/log/y", options: { level: "warning" } },
      ]);
      expect(await store.removeSource("logs")).toBe(true);
      expect(await store.removeSource("logs")).toBe(false);
    });
  });

  describe("retention", () => {
    it("deletes old records with all that stands on them, and keeps them away", async () => {
      const store = await open();
      await fill(store);
      expect(await store.retain({ before: NOON + DAY })).toBe(2);
      expect(await store.record("r0")).toBeUndefined();
      expect(await store.record("r2")).toBeDefined();
      expect((await store.search({ text: "number" })).items.map(({ record }) => record.id)).toEqual(
        ["r3", "r2"],
      );
      expect((await store.errorEvents({})).items.map(({ recordId }) => recordId)).toEqual(["r2"]);
      expect((await store.edits({})).items.map(({ recordId }) => recordId)).toEqual(["r2", "r3"]);
      expect(await store.errorGroup("g")).toMatchObject({ count: 2 });
      expect(await store.usage({ by: "all" })).toMatchObject([{ responses: 2, inputTokens: 2 }]);
      expect((await store.search({ text: "num*" })).items).toHaveLength(2);
      expect((await store.tasks()).items.map(({ id }) => id)).toEqual(["unfinished"]);
      expect(await store.stats()).toMatchObject({
        records: 2,
        oldestAt: NOON + DAY,
        newestAt: NOON + DAY + 1,
      });
      const again = await store.commit(batchOf([recordOf("r0", { at: NOON })]));
      expect(again).toMatchObject({ records: [], expired: 1 });
      expect(await store.retain({ before: NOON + DAY })).toBe(0);
    });

    it("makes room by deleting the oldest", async () => {
      const store = await open();
      for (let part = 0; part < 5; part += 1) {
        const records = Array.from({ length: 1_000 }, (_, n) =>
          recordOf(`p${part}-${n}`, {
            at: NOON + part * 1_000 + n,
            text: `text of ${part} and ${n}`.repeat(20),
          }),
        );
        await store.commit(batchOf(records));
      }
      const { bytes } = await store.stats();
      const gone = await store.retain({ maxBytes: Math.floor(bytes * 0.8) });
      const after = await store.stats();
      expect(gone).toBeGreaterThan(0);
      expect(after.records).toBe(5_000 - gone);
      expect(after.bytes).toBeLessThanOrEqual(bytes * 0.8);
      expect(await store.record("p0-0")).toBeUndefined();
      expect(await store.record("p4-999")).toBeDefined();
    }, 60_000);
  });

  describe("export and import", () => {
    it("moves everything, and a second time nothing", async () => {
      const [one, two] = [await open(), await open()];
      await fill(one);
      await one.updateTask("unfinished", { note: "look here", by: "ann" });
      await one.mergeTasks("finished", "unfinished");
      await one.resolveErrors("g", { at: NOON + 9 * DAY });
      await one.putSource({ name: "logs", kind: "log", path: "/x", addedAt: 1 });
      await one.putDocuments([{ kind: "alert", key: "a", at: 1, value: { deep: [1] } }], {
        keep: 3,
      });
      await two.importLines(one.exportLines());
      const [first, second] = [await linesOf(one), await linesOf(two)];
      expect(second.toSorted()).toEqual(first.toSorted());
      await two.importLines(one.exportLines());
      expect((await linesOf(two)).toSorted()).toEqual(first.toSorted());
      expect(await two.task("finished")).toEqual(await one.task("finished"));
      expect(await two.document("alert", "a")).toEqual(await one.document("alert", "a"));
      expect(await two.history("alert", "a")).toHaveLength(1);
      expect(await two.usage({ by: "all" })).toEqual(await one.usage({ by: "all" }));
      expect(await two.errorGroups()).toEqual(await one.errorGroups());
    });

    it("says which line it cannot read", async () => {
      const store = await open();
      const load = (lines: string[]) => store.importLines(from(lines));
      await expect(load(["{}"])).rejects.toMatchObject({ code: "invalid_input" });
      const header = '{"trestle":"tracker","version":1}';
      await expect(load([header, "{"])).rejects.toThrow(/Line 2/);
      await expect(load([header, '{"kind":"x","item":{}}'])).rejects.toThrow(/Line 2.*kind/);
      await expect(load(['{"trestle":"tracker","version":9}'])).rejects.toMatchObject({
        code: "unsupported",
      });
    });
  });
}

/** Four records, two of them a day later, with facts of every kind. */
async function fill(store: TrackerStore): Promise<void> {
  const times = [NOON, NOON + 1, NOON + DAY, NOON + DAY + 1];
  const records = times.map((at, n) => recordOf(`r${n}`, { at, text: `number ${n}` }));
  const [r0, r1, r2, r3] = records as [
    (typeof records)[0],
    (typeof records)[0],
    (typeof records)[0],
    (typeof records)[0],
  ];
  const error = {
    ...{
      class: "timeout" as const,
      component: "api",
      message: "m",
      group: "g",
      family: "f",
      template: "t",
    },
    files: [],
  };
  const task = { source: "todo-list" as const, confidence: 1 };
  const usage = {
    ...{ model: "m", inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 },
    cacheWriteHourTokens: 0,
  };
  await store.commit(
    batchOf(records, {
      cursor: {
        key: "k",
        source: "claude",
        path: "/p",
        offset: 9,
        head: "h",
        headLength: 1,
        tail: "t",
        begunAt: 0,
      },
      memories: new Map([["claude-code:one", "remembered"]]),
      skipped: new Map([["binary", 3]]),
      facts: factsOf({
        errors: [
          { ...factOf(r0), ...error },
          { ...factOf(r2), ...error },
        ],
        tasks: [
          { ...factOf(r0, 1), ...task, taskId: "unfinished", subject: "Go on", status: "open" },
          { ...factOf(r1, 1), ...task, taskId: "finished", subject: "Done", status: "done" },
        ],
        runs: [{ ...factOf(r1, 2), command: "ls", tool: "Bash", ok: true, test: false }],
        edits: [r2, r3].map((record) => ({ ...factOf(record, 3), path: "a.ts" })),
        usage: [
          { ...factOf(r0, 4), ...usage, responseId: "one" },
          { ...factOf(r3, 4), ...usage, responseId: "two" },
        ],
      }),
    }),
  );
}

async function linesOf(store: TrackerStore): Promise<string[]> {
  return Array.fromAsync(store.exportLines());
}

async function* from(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}
