import { type OpenPath, PATHS, type PathName } from "./paths.ts";
import { REVISIONS, type Revision, runSuite } from "./suite.ts";
import { judge, readExpectedFailures, type Verdict } from "./verdict.ts";

export interface Run extends Verdict {
  readonly path: PathName;
  readonly revision: Revision;
}

/** Opens a path and runs every revision over it, one after the other: some scenarios watch for changes that others make. */
export async function runPath(path: PathName): Promise<Run[]> {
  const open: OpenPath = await PATHS[path]();
  try {
    const runs: Run[] = [];
    for (const revision of REVISIONS) {
      const scenarios = await runSuite(revision, open.url);
      const expected = await readExpectedFailures(path, revision);
      runs.push({ path, revision, ...judge(scenarios, expected) });
    }
    return runs;
  } finally {
    await open.close();
  }
}

/** `name: scenarios 30 passed, 0 failed; checks 80 passed, 0 failed`. */
export function summarize(name: string, runs: readonly Verdict[]): string {
  const sum = (of: (verdict: Verdict) => number): number =>
    runs.reduce((total, verdict) => total + of(verdict), 0);
  const scenarios = `scenarios ${sum((it) => it.scenarios.passed)} passed, ${sum((it) => it.scenarios.failed)} failed`;
  const checks = `checks ${sum((it) => it.checks.passed)} passed, ${sum((it) => it.checks.failed)} failed`;
  return `${name}: ${scenarios}; ${checks}`;
}
