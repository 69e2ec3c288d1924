import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import type { PathName } from "./paths.ts";
import type { Revision, ScenarioRun } from "./suite.ts";

/** `scenario` or `scenario:check-id` to the reason why it may fail. */
export type ExpectedFailures = Readonly<Record<string, string>>;

/** What one run of one revision over one path came to. */
export interface Verdict {
  /** Of the scenarios that the revision requires. */
  readonly scenarios: Count;
  readonly checks: Count;
  /** Scenarios that it does not: extensions, and what came after its release. */
  readonly extras: Count;
  /** Failures nobody expected, and expectations that did not come true; one sentence each. */
  readonly surprises: readonly string[];
  readonly expected: readonly string[];
}

interface Count {
  readonly passed: number;
  readonly failed: number;
}

export async function readExpectedFailures(
  path: PathName,
  revision: Revision,
): Promise<ExpectedFailures> {
  const text = await readFile(new URL("expected-failures.yml", import.meta.url), "utf8");
  const all = parse(text) as Record<string, Record<string, ExpectedFailures> | null>;
  return all[path]?.[revision] ?? {};
}

/** What is not required is judged like the rest: it passes, or there is a reason. */
export function judge(runs: readonly ScenarioRun[], expectedFailures: ExpectedFailures): Verdict {
  const failures = runs.flatMap(failuresOf);
  const surprises: string[] = [];
  const expected: string[] = [];
  for (const failure of failures) {
    const reason = expectedFailures[failure.scenario] ?? expectedFailures[failure.key];
    if (reason === undefined) surprises.push(`${failure.key} failed: ${failure.message}`);
    else expected.push(`${failure.key} failed as expected: ${reason}`);
  }
  const failing = new Set(failures.flatMap(({ scenario, key }) => [scenario, key]));
  for (const key of Object.keys(expectedFailures)) {
    if (!failing.has(key))
      surprises.push(`${key} was expected to fail and passed: remove its entry`);
  }
  const scored = runs.filter((run) => run.scored);
  return {
    scenarios: countRuns(scored),
    checks: { passed: count(scored, "SUCCESS"), failed: count(scored, "FAILURE") },
    extras: countRuns(runs.filter((run) => !run.scored)),
    surprises,
    expected: [...new Set(expected)],
  };
}

function countRuns(runs: readonly ScenarioRun[]): Count {
  const failed = runs.filter((run) => failuresOf(run).length > 0).length;
  return { passed: runs.length - failed, failed };
}

function failuresOf(run: ScenarioRun): { scenario: string; key: string; message: string }[] {
  if (run.checks.length === 0)
    return [{ scenario: run.name, key: run.name, message: "it did not run" }];
  return run.checks
    .filter(({ status }) => status === "FAILURE")
    .map(({ id, errorMessage, description = "no message" }) => ({
      scenario: run.name,
      key: `${run.name}:${id}`,
      message: errorMessage ?? description,
    }));
}

function count(runs: readonly ScenarioRun[], status: string): number {
  return runs.flatMap(({ checks }) => checks).filter((check) => check.status === status).length;
}
