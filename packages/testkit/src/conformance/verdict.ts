import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import type { PathName } from "./paths.ts";
import type { Revision, ScenarioRun } from "./suite.ts";

/** `scenario` or `scenario:check-id` to the reason why it may fail. */
export type ExpectedFailures = Readonly<Record<string, string>>;

/** What one run of one revision over one path came to. Counts are of scored scenarios only. */
export interface Verdict {
  readonly scenarios: { readonly passed: number; readonly failed: number };
  readonly checks: { readonly passed: number; readonly failed: number };
  /** Failures nobody expected, and expectations that did not come true; one sentence each. */
  readonly surprises: readonly string[];
  readonly expected: readonly string[];
  /** Failing scenarios that the revision does not require. */
  readonly unscored: readonly string[];
}

export async function readExpectedFailures(
  path: PathName,
  revision: Revision,
): Promise<ExpectedFailures> {
  const text = await readFile(new URL("expected-failures.yml", import.meta.url), "utf8");
  const all = parse(text) as Record<string, Record<string, ExpectedFailures> | null>;
  return all[path]?.[revision] ?? {};
}

export function judge(runs: readonly ScenarioRun[], expectedFailures: ExpectedFailures): Verdict {
  const scored = runs.filter((run) => run.scored);
  const surprises: string[] = [];
  const expected: string[] = [];
  for (const failure of scored.flatMap(failuresOf)) {
    const reason = expectedFailures[failure.scenario] ?? expectedFailures[failure.key];
    if (reason === undefined) surprises.push(`${failure.key} failed: ${failure.message}`);
    else expected.push(`${failure.key} failed as expected: ${reason}`);
  }
  const failing = new Set(
    scored.flatMap(failuresOf).flatMap(({ scenario, key }) => [scenario, key]),
  );
  for (const key of Object.keys(expectedFailures)) {
    if (!failing.has(key))
      surprises.push(`${key} was expected to fail and passed: remove its entry`);
  }
  const failed = scored.filter((run) => failuresOf(run).length > 0).length;
  return {
    scenarios: { passed: scored.length - failed, failed },
    checks: {
      passed: count(scored, "SUCCESS"),
      failed: count(scored, "FAILURE"),
    },
    surprises,
    expected,
    unscored: runs
      .filter((run) => !run.scored && failuresOf(run).length > 0)
      .map(({ name }) => name),
  };
}

function failuresOf(run: ScenarioRun): { scenario: string; key: string; message: string }[] {
  if (run.checks.length === 0)
    return [{ scenario: run.name, key: run.name, message: "it did not run" }];
  return run.checks
    .filter(({ status }) => status === "FAILURE")
    .map(({ id, errorMessage = "no message" }) => ({
      scenario: run.name,
      key: `${run.name}:${id}`,
      message: errorMessage,
    }));
}

function count(runs: readonly ScenarioRun[], status: string): number {
  return runs.flatMap(({ checks }) => checks).filter((check) => check.status === status).length;
}
