import { seededRandom } from "@trestle/testkit/surroundings";
import { describe, expect, it } from "vitest";
import { commandHead } from "../errors/command-head.ts";
import type { StoreUnderTest } from "./_describe-tracker-store.ts";
import { commitHistory, PROJECTS, randomHistory } from "./_random-history.ts";
import { createPlainTraces } from "./plain-traces.ts";
import type { SessionSpan } from "./traces.ts";
import type { TrackerStore } from "./tracker-store.ts";

const DAY_MS = 86_400_000;
const MOST = 1_000;

/** What traces tell has to be what the facts themselves say, whatever came in whatever order. */
export function describeTraces({ open }: StoreUnderTest): void {
  describe("traces", () => {
    const random = seededRandom();

    it("are what the facts say", async () => {
      for (let round = random.rounds(2); round > 0; round -= 1) {
        const history = randomHistory(random);
        const store = await open();
        await commitHistory(store, history, random);
        const plain = createPlainTraces(store);
        const { from, to } = history;
        const middle = from + random.below(to - from);
        for (const project of [undefined, random.pick(PROJECTS)]) {
          for (const time of [{}, { from: middle }, { from, to: middle }]) {
            const query = { ...time, ...(project !== undefined && { project }), limit: MOST };
            await checkTraces(store, plain, query);
          }
          await checkTraces(store, plain, { from, limit: 3, ...(project && { project }) });
        }
        await checkAround(store, plain, { middle, ...history });
        await checkSums(store, { from, middle, to });
      }
    }, 60_000);

    it("of nothing are none", async () => {
      const store = await open();
      expect(await store.errorTraces({ limit: 10 })).toEqual([]);
      expect(await store.runTraces({ limit: 10, command: "none" })).toEqual([]);
      expect(await store.editTraces({ limit: 10, project: "none" })).toEqual([]);
      expect(await store.finishedTasks({ limit: 10 })).toEqual([]);
      expect(await store.areEdited([])).toEqual([]);
      expect(await store.recordIds([])).toEqual({});
      expect(await store.errorCourse({ group: "none", at: 5 })).toEqual({
        ...{ before: 0, after: 0, firstAfter: [] },
      });
      expect(await store.tries({ project: "none", by: { head: "make" }, after: 5 })).toEqual({
        ...{ tried: 0, succeeded: 0, firstSucceeded: [] },
      });
    });
  });
}

type Plain = ReturnType<typeof createPlainTraces>;
type Query = Parameters<Plain["errorTraces"]>[0];

async function checkTraces(store: TrackerStore, plain: Plain, query: Query): Promise<void> {
  expect(await store.errorTraces(query)).toEqual(await plain.errorTraces(query));
  expect(await store.finishedTasks(query)).toEqual(await plain.finishedTasks(query));
  for (const only of [{}, { command: "npm test" }]) {
    const runs = await store.runTraces({ ...query, ...only });
    const expected = await plain.runTraces({ ...query, ...only });
    expect(await named(store, runs)).toEqual(expected.map(withoutSession));
    checkSessions(runs, expected);
  }
  for (const only of [{}, { path: "src/a.ts" }]) {
    const edits = await store.editTraces({ ...query, ...only });
    const expected = await plain.editTraces({ ...query, ...only });
    expect(await named(store, edits)).toEqual(expected.map(withoutSession));
    checkSessions(edits, expected);
  }
}

interface Known {
  readonly from: number;
  readonly middle: number;
  readonly to: number;
  readonly groups: readonly string[];
}

async function checkAround(
  store: TrackerStore,
  plain: Plain,
  { from, middle, to, groups }: Known,
): Promise<void> {
  const runs = await store.runTraces({ from, limit: MOST });
  const expected = await plain.runTraces({ from, limit: MOST });
  const spans = (all: typeof runs): SessionSpan[] =>
    all.slice(1).map(({ session, at }, n) => ({
      ...{ session, after: Math.min(at, all[n]?.at ?? at), until: Math.max(at, all[n]?.at ?? at) },
    }));
  expect(await store.areEdited(spans(runs))).toEqual(await plain.areEdited(spans(expected)));
  for (const group of groups) {
    for (const at of [0, from, middle, to]) {
      expect(await store.errorCourse({ group, at })).toEqual(
        await plain.errorCourse({ group, at }),
      );
    }
  }
  for (const { command, tool, project } of runs.slice(0, 20)) {
    for (const by of [{ tool }, { head: commandHead(command) }]) {
      for (const after of [0, middle]) {
        const query = { project, by, after };
        expect(await store.tries(query)).toEqual(await plain.tries(query));
      }
    }
  }
}

/** Sums of all projects are those of each together. */
async function checkSums(
  store: TrackerStore,
  { from, middle, to }: Pick<Known, "from" | "middle" | "to">,
): Promise<void> {
  for (const time of [{}, { from: middle }, { from: from - DAY_MS, to: middle }, { to }]) {
    const edits = new Map<string, number>();
    const runs = new Map<string, readonly [number, number]>();
    for (const project of PROJECTS) {
      for (const { path, count } of await store.editSums({ ...time, project, limit: MOST })) {
        edits.set(path, (edits.get(path) ?? 0) + count);
      }
      for (const { command, ok, failed } of await store.runSums({
        ...time,
        project,
        limit: MOST,
      })) {
        const [before, failedBefore] = runs.get(command) ?? [0, 0];
        runs.set(command, [before + ok, failedBefore + failed]);
      }
    }
    const all = await store.editSums({ ...time, limit: MOST });
    expect(new Map(all.map(({ path, count }) => [path, count]))).toEqual(edits);
    const sums = await store.runSums({ ...time, limit: MOST });
    expect(new Map(sums.map(({ command, ok, failed }) => [command, [ok, failed]]))).toEqual(runs);
  }
}

/** With the ids of records in place of a store's own words for them; sessions are compared apart. */
async function named<Trace extends { readonly ref: string; readonly session: string }>(
  store: TrackerStore,
  traces: readonly Trace[],
) {
  const ids = await store.recordIds(traces.map(({ ref }) => ref));
  return traces.map((trace) => withoutSession({ ...trace, ref: ids[trace.ref] ?? "" }));
}

function withoutSession<Trace extends { readonly session: string }>({
  session: _,
  ...rest
}: Trace) {
  return rest;
}

/** Whatever sessions are called, the same ones are the same. */
function checkSessions(
  traces: readonly { readonly session: string }[],
  expected: readonly { readonly session: string }[],
): void {
  const pairs = new Set(traces.map(({ session }, at) => `${session} ${expected[at]?.session}`));
  const sessions = new Set(expected.map(({ session }) => session));
  expect(pairs.size).toBe(sessions.size);
}
