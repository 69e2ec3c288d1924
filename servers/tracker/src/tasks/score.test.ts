import { expect, test } from "vitest";
import type { Task } from "../model/task.ts";
import { scoreTask } from "./score.ts";
import { statusAt } from "./stale.ts";

const DAY_MS = 86_400_000;
const now = 100 * DAY_MS;
const task: Task = {
  id: "t",
  project: "p",
  subject: "Write the till",
  status: "open",
  statusSource: "todo-list",
  statusAt: now,
  blockedBy: [],
  priority: 0,
  source: "todo-list",
  confidence: 1,
  createdAt: now,
  updatedAt: now,
  facts: 1,
  sessionId: "s",
  sessions: 1,
  merged: [],
};
const calm = { now, blocks: 0, errors: 0, unhealthyTargets: 0 };
const scoreOf = (change: Partial<Task>, signals = {}) =>
  scoreTask({ ...task, ...change }, { ...calm, ...signals });

test("a score is the sum of the terms that it names", () => {
  expect(scoreOf({})).toEqual({ score: 10, terms: { source: 10 } });
  const { score, terms } = scoreOf(
    { subject: "Urgent: till crashes", sessions: 2 },
    { blocks: 2, errors: 3, unhealthyTargets: 1 },
  );
  expect(terms).toEqual({ words: 30, source: 10, blocks: 14, errors: 8, health: 10, sessions: 3 });
  expect(score).toBe(75);
});

test.each([
  ["urgent words", { subject: "P0: outage" }, {}],
  ["what others wait for", {}, { blocks: 1 }],
  ["what fails", {}, { errors: 1 }],
  ["what is down", {}, { unhealthyTargets: 1 }],
  ["what is old", { createdAt: now - 10 * DAY_MS }, {}],
  ["what a person asked for", { source: "unanswered-request" as const }, {}],
  ["what came up again", { sessions: 3 }, {}],
])("%s comes before the same without", (_, change, signals) => {
  expect(scoreOf(change, signals).score).toBeGreaterThan(scoreOf({}).score);
});

test("what is unsure, unimportant or waits comes behind, and nothing leaves 0 to 100", () => {
  expect(scoreOf({ confidence: 0.5 }).score).toBeLessThan(scoreOf({}).score);
  expect(scoreOf({ status: "blocked" }).score).toBeLessThan(scoreOf({}).score);
  expect(scoreOf({ subject: "Cosmetic: colour" }).score).toBe(0);
  expect(
    scoreOf(
      { subject: "P0", sessions: 99, createdAt: now - 30 * DAY_MS },
      { blocks: 99, errors: 1e9, unhealthyTargets: 99 },
    ).score,
  ).toBe(100);
});

test("what was begun and left is abandoned, unless a person said that it goes on", () => {
  const begun = { status: "in_progress", statusSource: "todo-list", updatedAt: now } as const;
  expect(statusAt(begun, now + DAY_MS)).toBe("in_progress");
  expect(statusAt(begun, now + DAY_MS + 1)).toBe("abandoned");
  expect(statusAt({ ...begun, statusSource: "person" }, now + 9 * DAY_MS)).toBe("in_progress");
  expect(statusAt({ ...begun, status: "open" }, now + 9 * DAY_MS)).toBe("open");
});
