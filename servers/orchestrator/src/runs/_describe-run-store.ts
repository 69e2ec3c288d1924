import type { RunEvent } from "@trestle/flow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NewRun, RunStore } from "./run-store.ts";

const started: RunEvent = { kind: "stepStarted", step: "a", at: 1 };
const ended: RunEvent = { kind: "ended", outcome: "succeeded", at: 9 };

function newRun(id: string, facts: Partial<NewRun> = {}): NewRun {
  return {
    id,
    workflow: "w",
    version: "1",
    plan: { name: "w", input: {}, mode: "dag", steps: [], maxConcurrency: 1 },
    input: { town: "Évora" },
    metadata: {},
    grant: "nobody",
    owner: "ann",
    createdAt: 1,
    seed: 7,
    ...facts,
  };
}

const running = (after: number, events: RunEvent[] = [started]) =>
  ({ after, events, status: "running", at: 2 }) as const;

/** What every store of runs promises. */
export function describeRunStore(name: string, open: () => Promise<RunStore>): void {
  describe(`runs in ${name}`, () => {
    let store: RunStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test("come back as they went in", async () => {
      const run = newRun("r1", { parent: { runId: "r0", key: "a/0", depth: 1 } });
      await store.create(run, running(0));
      expect(await store.load("r1")).toEqual({
        ...run,
        status: "running",
        events: [started],
        length: 1,
      });
      expect(await store.load("nobody")).toBeUndefined();
    });

    test("have ids of their own", async () => {
      await store.create(newRun("r1"), running(0));
      await expect(store.create(newRun("r1"), running(0))).rejects.toMatchObject({
        code: "conflict",
      });
    });

    test("begin with an empty log", async () => {
      await store.create(newRun("r1"), running(0, []));
      await store.append("r1", running(0));
      expect(await store.load("r1")).toMatchObject({ events: [started], length: 1 });
    });

    test("take an append only where nobody was quicker", async () => {
      await store.create(newRun("r1"), running(0));
      await store.append("r1", running(1));
      const late = store.append("r1", running(1));
      await expect(late).rejects.toMatchObject({ code: "conflict" });
      const both = await Promise.allSettled([
        store.append("r1", running(2)),
        store.append("r1", running(2)),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      expect((await store.load("r1"))?.events).toHaveLength(3);
      await expect(store.append("nobody", running(0))).rejects.toMatchObject({ code: "not_found" });
    });

    test("are folded from their newest snapshot on", async () => {
      await store.create(newRun("r1"), running(0));
      const state = { startedAt: 1, seed: 7, values: {}, steps: {}, units: {}, signals: [] };
      await store.append("r1", { ...running(1), snapshot: state });
      await store.append("r1", running(2));
      expect(await store.load("r1")).toMatchObject({
        snapshot: { after: 2, state },
        events: [started],
        length: 3,
      });
    });

    test("keep what they gave back", async () => {
      await store.create(newRun("r1"), running(0));
      await store.append("r1", {
        after: 1,
        events: [ended],
        status: "succeeded",
        at: 9,
        output: [1],
      });
      expect(await store.load("r1")).toMatchObject({
        status: "succeeded",
        endedAt: 9,
        output: [1],
      });
    });

    test("go on after their end, and end again", async () => {
      const run = newRun("r1");
      const retried: RunEvent = { kind: "stepsRetried", steps: ["a"], at: 10 };
      const over = { events: [ended], status: "succeeded", at: 9 } as const;
      await store.create(run, running(0));
      await store.append("r1", { after: 1, ...over });
      await store.append("r1", running(2, [retried]));
      expect(await store.load("r1")).toMatchObject({ status: "running", length: 3 });
      await store.append("r1", running(3));
      await store.append("r1", { after: 4, ...over });
      expect((await store.load("r1"))?.events).toEqual([started, ended, retried, started, ended]);
      const late = store.append("r1", { after: 4, ...over });
      await expect(late).rejects.toMatchObject({ code: "conflict" });
    });

    test("are not harmed by what is told beside them to one that is not there", async () => {
      await store.create(newRun("r1"), running(0));
      const [one, nobody] = await Promise.allSettled([
        store.append("r1", running(1)),
        store.append("nobody", running(0)),
      ]);
      expect([one?.status, nobody?.status]).toEqual(["fulfilled", "rejected"]);
      expect(await store.load("r1")).toMatchObject({ length: 2 });
    });

    test("are listed newest first, by page, status and workflow", async () => {
      for (const id of ["a", "b", "c"]) await store.create(newRun(id), running(0));
      await store.create(newRun("d", { workflow: "other", owner: "bob" }), {
        ...running(0),
        status: "waiting",
      });
      const ids = async (filter: object) =>
        (await store.list({ limit: 10, ...filter })).map(({ id }) => id);
      expect(await ids({})).toEqual(["d", "c", "b", "a"]);
      expect(await ids({ limit: 2 })).toEqual(["d", "c"]);
      expect(await ids({ beforeId: "c" })).toEqual(["b", "a"]);
      expect(await ids({ statuses: ["waiting"] })).toEqual(["d"]);
      expect(await ids({ workflow: "w" })).toEqual(["c", "b", "a"]);
      expect(await ids({ owner: "bob" })).toEqual(["d"]);
    });

    test("are forgotten some time after their end, and never before it", async () => {
      for (let at = 0; at < 450; at += 1) {
        await store.create(newRun(`r${at}`), {
          after: 0,
          events: [ended],
          status: "failed",
          at: 5,
        });
      }
      await store.create(newRun("going"), running(0));
      await store.create(newRun("late"), { after: 0, events: [ended], status: "failed", at: 500 });
      expect(await store.prune(100)).toHaveLength(450);
      expect((await store.list({ limit: 10 })).map(({ id }) => id)).toEqual(["late", "going"]);
      expect((await store.load("going"))?.plan.name).toBe("w");
    });
  });
}
