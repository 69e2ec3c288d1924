import { expect, test } from "vitest";
import { lanesOf, momentsOf, searchFor, sessionsOf, sparkOf } from "./lanes.ts";
import type { ErrorGroup, Evidence, Hit, Task } from "./shapes.ts";

function said(session: string, at: string, record = `${session} ${at}`): Evidence {
  return { record, session, at, source: "chat", path: "pasted", offset: 0 };
}

function task(id: string, status: string, priority: number, evidence: Evidence[] = []): Task {
  return {
    ...{ id, status, priority, evidence, project: "", subject: id, source: "plan", blockedBy: [] },
    ...{ why: {}, confidence: 1, updated: "", sessions: 1 },
  };
}

test("tasks stand by their state, the most urgent first, and no state is lost", () => {
  const lanes = lanesOf([task("a", "open", 1), task("b", "open", 9), task("c", "abandoned", 5)]);
  expect(lanes.map(({ title, tasks }) => [title, tasks.map(({ id }) => id)])).toEqual([
    ["In progress", []],
    ["Open", ["b", "a"]],
    ["Blocked", []],
    ["Abandoned", ["c"]],
  ]);
});

test("days are counted back from now, over midnight too, and older ones are left out", () => {
  const now = Date.parse("2026-03-10T00:30:00Z");
  const times = [
    "2026-03-10T00:10:00Z",
    "2026-03-09T23:50:00Z",
    "2026-03-10T00:31:00Z",
    "2026-03-07T05:00:00Z",
    "2025-01-01",
  ];
  expect(sparkOf(times, 3, now)).toEqual([1, 0, 3]);
});

test("an error is searched by its longest words that do not change", () => {
  const search = (message: string) => searchFor({ message });
  expect(search("TypeError: Cannot read properties of undefined (reading #)")).toBe(
    '"TypeError Cannot read properties of undefined reading"',
  );
  expect(search("port # is taken")).toBe('"is taken"');
  expect(search("# #")).toBeUndefined();
});

test("a session is told in its order, each once, and no other", () => {
  const tasks = [task("mend", "open", 1, [said("s1", "2026-01-01T10:00:00Z")])];
  const group = { message: "broken", evidence: [said("s1", "2026-01-01T09:00:00Z")] };
  const errors = [group as unknown as ErrorGroup];
  const hit = (session: string, at: string): Hit => ({
    ...{ snippet: "please «mend» it", type: "user", project: "", evidence: said(session, at) },
  });
  const hits = [
    hit("s1", "2026-01-01T08:00:00Z"),
    hit("s1", "2026-01-01T08:00:00Z"),
    hit("s2", "2026-01-02T08:00:00Z"),
  ];
  const known = { tasks, errors, hits };
  expect(momentsOf("s1", known).map(({ kind, words }) => `${kind} ${words}`)).toEqual([
    "said please mend it",
    "error broken",
    "task mend",
  ]);
  expect(sessionsOf(known)).toEqual(["s2", "s1"]);
});
