import { expect, test } from "vitest";
import { runPath } from "./run.ts";
import { type Check, REVISIONS } from "./suite.ts";
import { judge } from "./verdict.ts";

for (const path of ["direct", "bridge"] as const) {
  test(`every scored scenario of both revisions passes or fails as expected: ${path}`, async () => {
    const runs = await runPath(path);
    expect(runs.map(({ revision }) => revision)).toEqual(REVISIONS);
    for (const run of runs) {
      expect(run.surprises).toEqual([]);
      expect(run.scenarios.passed + run.scenarios.failed).toBeGreaterThanOrEqual(30);
      // No revision requires tasks, but a server of ours has them.
      if (path === "direct") expect(run.unscored).toEqual([]);
    }
  }, 180_000);
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
  expect(verdict.expected).toEqual(["a:c1 failed as expected: known"]);
  expect(verdict.surprises).toEqual([
    "b:c0 failed: no message",
    "c was expected to fail and passed: remove its entry",
  ]);
});

test("a required scenario that did not run has failed", () => {
  expect(judge([run("a")], {}).surprises).toEqual(["a failed: it did not run"]);
});
