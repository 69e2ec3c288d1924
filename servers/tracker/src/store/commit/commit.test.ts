import { describe, expect, test } from "vitest";
import type { ErrorGroup } from "../../model/error-group.ts";
import type { ErrorFact, TaskFact } from "../../model/facts.ts";
import type { Phase } from "../../model/phase.ts";
import { batchOf, factOf, factsOf, NOON, recordOf } from "../_sample.ts";
import type { Batch } from "../tracker-store.ts";
import { checkBatch } from "./check-batch.ts";
import { foldError, joinGroups, resolveGroup } from "./group-state.ts";
import { joinMovedTasks } from "./moved.ts";
import { changeTask, foldTask, type TaskState, toTask } from "./task-state.ts";

const phaseOf = (recordId: string, at: number): Phase => {
  return { name: "testing", why: recordId, recordId, at };
};

function errorAt(at: number, facts: Partial<ErrorFact> = {}): ErrorFact {
  return {
    ...factOf(recordOf(`r${at}`, { at, sessionId: `session ${at}` })),
    ...{ class: "not-found", component: "Bash", message: "no file", files: [] },
    ...{ group: "1:g", family: "f", template: "t" },
    ...facts,
  };
}

const groupOf = (...facts: readonly ErrorFact[]): ErrorGroup => {
  const group = facts.reduce<ErrorGroup | undefined>(foldError, undefined);
  if (!group) throw new Error("no fact");
  return group;
};

describe("a group of errors", () => {
  test("that two stores know is one: its ends, its count and the later word on it", () => {
    const whole = groupOf(errorAt(10, { type: "ENOENT" }), errorAt(20), errorAt(30));
    const early = groupOf(errorAt(10), errorAt(20));
    const late = resolveGroup(groupOf(errorAt(20), errorAt(30)), { at: 40, by: "ann" });
    for (const [one, other] of [
      [early, late],
      [late, early],
    ] as const) {
      expect(joinGroups(one, other)).toMatchObject({
        ...{ firstAt: 10, firstRecordId: "r10", lastAt: 30, lastRecordId: "r30" },
        ...{ lastSessionId: "session 30", count: 2, status: "resolved" },
        resolution: { at: 40, by: "ann" },
      });
    }
    expect(joinGroups(undefined, early)).toBe(early);
    expect(joinGroups(whole, early)).toMatchObject({ count: 3, status: "open" });
    expect(whole.type).toBe("ENOENT");
  });

  test("that came back keeps when, and the phase that it was met in last", () => {
    const resolved = resolveGroup(groupOf(errorAt(10)), { at: 20 });
    const back = foldError(resolved, errorAt(30, { phase: phaseOf("r30", 30) }));
    expect(back).toMatchObject({ status: "regressed", regressions: 1, regressedAt: 30 });
    const early = groupOf(errorAt(10, { phase: phaseOf("r10", 10) }));
    for (const joined of [joinGroups(early, back), joinGroups(back, early)]) {
      expect(joined).toMatchObject({
        ...{ status: "regressed", regressions: 1, regressedAt: 30 },
        phase: { recordId: "r30" },
      });
    }
  });
});

const taskFact = (at: number, facts: Partial<TaskFact> = {}): TaskFact => ({
  ...{ ...factOf(recordOf(`r${at}`, { at })), taskId: "t1", source: "todo-list", confidence: 1 },
  ...facts,
});
const taskOf = (...facts: readonly TaskFact[]): TaskState => {
  const state = facts.reduce<TaskState | undefined>(foldTask, undefined);
  if (!state) throw new Error("no fact");
  return state;
};

/** Every order of a few facts. */
function* ordersOf<Each>(all: readonly Each[]): Generator<Each[]> {
  if (all.length === 0) yield [];
  for (const [at, first] of all.entries())
    for (const rest of ordersOf(all.toSpliced(at, 1))) yield [first, ...rest];
}

describe("a task", () => {
  test("is the same whatever the order of its facts, and the most trusted source counts", () => {
    const facts = [
      taskFact(10, { status: "open", subject: "write it", phase: phaseOf("a", 5) }),
      taskFact(20, { source: "task-tool", status: "done", confidence: 0.5 }),
      taskFact(30, { source: "code-comment", status: "open", phase: phaseOf("b", 5) }),
      taskFact(40, { subject: "write it well", phase: phaseOf("c", 4) }),
    ];
    const tasks = [...ordersOf(facts)].map((each) => toTask(taskOf(...each)));
    expect(tasks).toHaveLength(24);
    expect(tasks[0]).toMatchObject({
      ...{ status: "done", statusSource: "task-tool", source: "task-tool", confidence: 1 },
      ...{ subject: "write it well", createdAt: 10, updatedAt: 40, phase: { recordId: "b" } },
    });
    for (const task of tasks) expect(task).toEqual(tasks[0]);
  });

  test("is what a person says of it, in whatever record", () => {
    const said = taskFact(10, { source: "person", status: "abandoned", sessionId: "" });
    const state = taskOf(said, taskFact(20, { source: "task-tool", status: "done" }));
    expect(toTask(state)).toMatchObject({
      ...{ status: "abandoned", statusSource: "person", statusAt: 10, sessions: 1 },
    });
  });

  test("of two stores has the later word of people, the newer score, and each fact once", () => {
    const facts = [taskFact(10, { status: "open" }), taskFact(20, { status: "in_progress" })];
    const scored = { ...taskOf(...facts), score: 40, terms: { age: 40 } };
    const here = changeTask(scored, { status: "done", note: "here" }, 100);
    const there = changeTask(taskOf(...facts), { status: "blocked", owner: "ann" }, 200);
    for (const joined of [joinMovedTasks(here, there), joinMovedTasks(there, here)]) {
      expect(toTask(joined)).toMatchObject({
        ...{ status: "blocked", statusAt: 200, note: "here", owner: "ann", facts: 2 },
        ...{ priority: 40, terms: { age: 40 } },
      });
    }
    expect(joinMovedTasks(undefined, here)).toBe(here);
  });
});

test.each<[string, Partial<Batch>, RegExp]>([
  ["a record without an id", { records: [recordOf("")] }, /needs an id and a session/],
  [
    "a record of no session",
    { records: [recordOf("a", { sessionId: "" })] },
    /needs an id and a session/,
  ],
  ["a time before all", { records: [recordOf("a", { at: -1 })] }, /whole milliseconds since 1970/],
  ["a time beyond all", { records: [recordOf("a", { at: NOON * 1_000 })] }, /whole milliseconds/],
  ["a fact of another batch", { facts: factsOf({ tasks: [taskFact(1)] }) }, /not in its batch/],
  ["skipped lines of no source", { skipped: new Map([["json", 1]]) }, /no cursor tells of which/],
  ["half a byte", { cursor: { path: "/a", offset: 0.5 } as never }, /offset of \/a is 0.5/],
  ["less than no bytes", { cursor: { path: "/a", offset: -1 } as never }, /it counts bytes/],
])("a batch with %s cannot be stored", (_what, facts, sentence) => {
  expect(() => checkBatch(batchOf([], facts))).toThrow(
    expect.objectContaining({ code: "invalid_input", message: expect.stringMatching(sentence) }),
  );
});
