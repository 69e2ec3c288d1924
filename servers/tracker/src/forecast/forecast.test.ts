import { seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import type { TaskSource } from "../model/facts.ts";
import { createForecaster, type Outcome } from "./forecaster.ts";
import {
  expectedWaitMs,
  GROUP_HORIZON_MS,
  groupForecaster,
  groupTraits,
} from "./group-forecast.ts";
import { TASK_HORIZON_MS, taskForecaster, taskTraits } from "./task-forecast.ts";

const random = seededRandom();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A history in which `truth` says how probable it is that it happens. */
function historyOf(count: number, truth: (signal: number, kind: string) => number): Outcome[] {
  return Array.from({ length: count }, (_, at) => {
    const signal = random.next() * 10 - 5;
    const kind = random.pick(["a", "b"]);
    return {
      subject: `s${at}`,
      at: at * HOUR,
      knownAt: at * HOUR + 1,
      happened: random.next() < truth(signal, kind),
      traits: { signal, kind, constant: 1 },
    };
  });
}

const skilled = (signal: number, kind: string) =>
  1 / (1 + Math.exp((kind === "a" ? 0 : 2) - signal));

test("where history tells something, the forecast is shown with its proof, and its chances are right", () => {
  const forecaster = createForecaster(historyOf(3_000, skilled));
  if (forecaster.kind === "hidden") throw new Error(forecaster.reason);
  const { proof, chance } = forecaster;
  expect(proof.skill).toBeGreaterThan(0.1);
  expect(proof.skillAtLeast).toBeGreaterThan(0);
  expect(proof.skillAtLeast).toBeLessThan(proof.skill);
  expect(proof.judgedOn).toBe(900);
  // Calibrated: what is said in hundreds of cases is what happens in them.
  for (const { said, happened, count } of proof.reliability) {
    if (count >= 60) expect(Math.abs(said - happened)).toBeLessThan(0.2);
  }
  expect(chance({ signal: 4, kind: "a" })).toBeGreaterThan(chance({ signal: -4, kind: "a" }));
  expect(chance({})).toBeGreaterThan(0);
});

test("where history tells nothing, nearly no forecast is shown", () => {
  const rounds = random.rounds(30);
  let shown = 0;
  for (let round = 0; round < rounds; round += 1) {
    if (createForecaster(historyOf(400, () => 0.3)).kind === "shown") shown += 1;
  }
  expect(shown).toBeLessThanOrEqual(rounds * 0.05 + 4 * Math.sqrt(rounds * 0.05) + 1);
});

test("a history that turned is no longer trusted", () => {
  const before = historyOf(700, skilled);
  const after = historyOf(300, (signal, kind) => 1 - skilled(signal, kind)).map((each, at) => ({
    ...each,
    subject: `later ${at}`,
    at: (700 + at) * HOUR,
    knownAt: (700 + at) * HOUR + 1,
  }));
  expect(createForecaster([...before, ...after])).toMatchObject({
    kind: "hidden",
    reason: expect.stringMatching(/not surely better than the base rate/),
  });
});

test("fewer than 200 outcomes are too few, and one time has no later one", () => {
  expect(createForecaster(historyOf(199, skilled))).toEqual({
    kind: "hidden",
    reason: "There are 199 outcomes; a forecast needs 200.",
    outcomes: 199,
  });
  const atOnce = historyOf(300, skilled).map((each) => ({ ...each, at: 0, knownAt: 1 }));
  expect(createForecaster(atOnce)).toMatchObject({ kind: "hidden" });
  expect(createForecaster(historyOf(300, () => 1))).toMatchObject({ kind: "hidden" });
});

function task(at: number, source: TaskSource, finishedAfter: number | undefined) {
  const createdAt = at * HOUR;
  const status = finishedAfter === undefined ? ("open" as const) : ("done" as const);
  const statusAt = createdAt + (finishedAfter ?? 0);
  return {
    id: `t${at}`,
    createdAt,
    statusAt,
    status,
    source,
    project: "p",
    subject: `do thing ${at}`,
  };
}

test("the chance that a task is finished is learned from tasks, as they were known then", () => {
  const tasks = Array.from({ length: 1_000 }, (_, at) => {
    const source = random.pick(["task-tool", "code-comment"] as const);
    const isDone = random.next() < (source === "task-tool" ? 0.8 : 0.1);
    return task(at, source, isDone ? random.next() * 5 * DAY : undefined);
  });
  const forecaster = taskForecaster(tasks, 1_100 * HOUR + 30 * DAY);
  if (forecaster.kind === "hidden") throw new Error(forecaster.reason);
  expect(forecaster.proof.outcomes).toBe(1_000);
  const chance = (source: TaskSource) =>
    forecaster.chance(
      taskTraits({ createdAt: 0, source, project: "p", subject: "do thing" }, HOUR),
    );
  expect(chance("task-tool")).toBeGreaterThan(0.6);
  expect(chance("code-comment")).toBeLessThan(0.3);
});

test("tasks whose horizon has not passed are no outcomes", () => {
  const tasks = Array.from({ length: 500 }, (_, at) => task(at, "plan", undefined));
  expect(taskForecaster(tasks, 500 * HOUR)).toMatchObject({
    kind: "hidden",
    outcomes: 501 - TASK_HORIZON_MS / HOUR,
  });
  expect(taskForecaster(tasks, 100 * HOUR)).toMatchObject({ kind: "hidden", outcomes: 0 });
});

test("the next failure of a group is expected as often as it was seen", () => {
  const groups = Array.from({ length: 30 }, (_, index) => {
    const everyHours = index % 2 === 0 ? 6 : 24 * 20;
    const events: { at: number; class: "other" }[] = [];
    for (
      let at = index * HOUR;
      at < 40 * DAY;
      at += -Math.log(1 - random.next()) * everyHours * HOUR
    ) {
      events.push({ at, class: "other" });
    }
    return { group: `g${index}`, events };
  });
  const now = 40 * DAY;
  const forecaster = groupForecaster(groups, now);
  if (forecaster.kind === "hidden") throw new Error(forecaster.reason);
  const chances = groups.map((group) => forecaster.chance(groupTraits(group, now)));
  const meanOf = (rest: number) => {
    const some = chances.filter((_, at) => at % 2 === rest);
    return some.reduce((sum, chance) => sum + chance, 0) / some.length;
  };
  expect(meanOf(0)).toBeGreaterThan(0.8);
  expect(meanOf(1)).toBeLessThan(0.3);
});

test("a chance of a half within the horizon is a wait of so many horizons", () => {
  expect(expectedWaitMs(0.5) / GROUP_HORIZON_MS).toBeCloseTo(Math.LOG2E, 6);
  expect(Number.isFinite(expectedWaitMs(1))).toBe(true);
  expect(expectedWaitMs(0)).toBe(Number.POSITIVE_INFINITY);
});
