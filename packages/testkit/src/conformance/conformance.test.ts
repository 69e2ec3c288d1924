import { connect } from "node:net";
import process from "node:process";
import { text } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { openDesk } from "./client/desk.ts";
import { runPath } from "./run.ts";
import { type Check, REVISIONS } from "./suite.ts";
import { judge } from "./verdict.ts";

/** There `pnpm conformance` runs beside the tests, with these scenarios and more; a minute of it twice is too long. */
const isCi = process.env.CI === "true";

// What the bridge is as a client takes a bridge for each scenario: `pnpm conformance` has the time for that.
for (const path of ["direct", "bridge"] as const) {
  test.skipIf(isCi)(
    `every scenario of both revisions passes or fails as expected: ${path}`,
    async () => {
      const runs = await runPath(path);
      expect(runs.map(({ revision }) => revision)).toEqual(REVISIONS);
      for (const run of runs) {
        expect(run.surprises).toEqual([]);
        const { passed, failed } = run.scenarios;
        expect(passed + failed).toBeGreaterThanOrEqual(30);
      }
    },
    180_000,
  );
}

const run = (name: string, ...statuses: Check["status"][]) => ({
  name,
  scored: true,
  checks: statuses.map((status, index) => ({ id: `c${index}`, status })),
});

test("a failure that nobody expected is a surprise, and so is an expected one that passes", () => {
  const runs = [run("a", "SUCCESS", "FAILURE"), run("b", "FAILURE"), run("c", "SUCCESS")];
  const verdict = judge(runs, { "a:c1": "known", c: "stale" });
  expect(verdict.scenarios).toEqual({ passed: 1, failed: 2 });
  expect(verdict.checks).toEqual({ passed: 2, failed: 2 });
  expect(verdict.extras).toEqual({ passed: 0, failed: 0 });
  expect(verdict.expected).toEqual(["a:c1 failed as expected: known"]);
  expect(verdict.surprises).toEqual([
    "b:c0 failed: no message",
    "c was expected to fail and passed: remove its entry",
  ]);
});

test("a required scenario that did not run has failed", () => {
  expect(judge([run("a")], {}).surprises).toEqual(["a failed: it did not run"]);
});

test("what is not required is counted apart, and needs a reason to fail as well", () => {
  const extra = { ...run("extension", "FAILURE"), scored: false };
  const verdict = judge([run("a", "SUCCESS"), extra], {});
  expect(verdict.scenarios).toEqual({ passed: 1, failed: 0 });
  expect(verdict.extras).toEqual({ passed: 0, failed: 1 });
  expect(verdict.surprises).toEqual(["extension:c0 failed: no message"]);
  expect(judge([extra], { extension: "not claimed" }).surprises).toEqual([]);
});

test("scenarios that are handed in together are played so many at a time, and all are told the end", async () => {
  let running = 0;
  let most = 0;
  const played: string[] = [];
  const desk = await openDesk(2, async ({ scenario }) => {
    running += 1;
    most = Math.max(most, running);
    await nextTurn();
    running -= 1;
    played.push(scenario);
    if (scenario === "c") throw new Error("c broke");
    return `${scenario} done`;
  });
  try {
    const hand = (scenario: string): Promise<string> => {
      const socket = connect(desk.path);
      socket.end(JSON.stringify({ url: "", scenario, version: "", context: {} }));
      return text(socket);
    };
    const said = await Promise.all(["a", "b", "c", "d", "e"].map(hand));
    expect(said).toEqual(["a done", "b done", "c broke", "d done", "e done"]);
    expect(played.toSorted()).toEqual(["a", "b", "c", "d", "e"]);
    expect(most).toBeLessThanOrEqual(2);
  } finally {
    await desk.close();
  }
});
