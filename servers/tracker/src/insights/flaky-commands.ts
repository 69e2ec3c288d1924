import type { RunFact } from "../model/facts.ts";
import { clip } from "../reports/clip.ts";
import { upTo } from "../reports/correlations.ts";
import { confidenceOf, type Hint, type InsightQuery, type InsightSources } from "./insight.ts";

const MOST_COMMANDS = 30;
const MOST_RUNS = 500;
const LEAST_RUNS = 6;
const LEAST_FLIPS = 3;
const MOST_EVIDENCE = 4;

/**
 * Commands that fail and succeed in turn though nothing was edited in between: their outcome is no matter of the
 * code. Only pairs of runs of one session count between which that session wrote no file.
 */
export async function flakyCommands(
  { store }: InsightSources,
  { from, now, project }: InsightQuery,
): Promise<Hint[]> {
  const ofProject = project === undefined ? {} : { project };
  const sums = await store.runSums({ ...ofProject, from, to: now + 1, limit: MOST_COMMANDS });
  const mixed = sums.filter(({ ok, failed }) => ok > 0 && failed > 0 && ok + failed >= LEAST_RUNS);
  const hints = await Promise.all(
    mixed.map(async ({ command, test }) => {
      const runs = await upTo(MOST_RUNS, (page) =>
        store.runs({ ...ofProject, command, from, newest: true, ...page }),
      );
      // A tool that is no command has arguments that its runs do not tell apart.
      const same = runs.filter((run) => run.tool !== run.command).toReversed();
      const flips = await flipsOf(store, same);
      return flips.pairs >= LEAST_RUNS - 1 && flips.records.length >= 2 * LEAST_FLIPS
        ? [toHint(command, test, flips)]
        : [];
    }),
  );
  return hints.flat();
}

interface Flips {
  /** Runs after another one with no edit in between. */
  readonly pairs: number;
  /** Of each change of the outcome both runs, the last first. */
  readonly records: readonly string[];
  readonly project: string;
}

async function flipsOf(store: InsightSources["store"], runs: readonly RunFact[]): Promise<Flips> {
  const records: string[] = [];
  let pairs = 0;
  for (const [sessionId, all] of Map.groupBy(runs, (run) => run.sessionId)) {
    const [first, last] = [all[0], all.at(-1)];
    if (first === undefined || last === undefined || first === last) continue;
    const between = { from: first.at, to: last.at + 1 };
    const edits = await upTo(MOST_RUNS, (page) =>
      store.edits({ sessionId, newest: true, ...between, ...page }),
    );
    const times = edits.map(({ at }) => at);
    for (const [index, run] of all.entries()) {
      const before = all[index - 1];
      if (before === undefined || times.some((at) => at > before.at && at <= run.at)) continue;
      pairs += 1;
      if (before.ok !== run.ok) records.unshift(run.recordId, before.recordId);
    }
  }
  return { pairs, records, project: runs.at(-1)?.project ?? "" };
}

function toHint(command: string, isTest: boolean, { pairs, records, project }: Flips): Hint {
  const flips = records.length / 2;
  return {
    kind: "flaky_command",
    about: command,
    title: `Flaky: ${clip(command, 140)}`,
    detail: `Of ${pairs} runs right after another one, with no file written in between, ${flips} came out differently.`,
    action: isTest
      ? "Find the test that fails by chance (time, order, network) and mend or set it apart before its failures are believed."
      : "Do not take one failure for an answer: find what it depends on besides the code.",
    confidence: confidenceOf(1 - 0.5 ** (flips - 1)),
    basis: `${flips} changes of the outcome in ${pairs} pairs of runs without an edit`,
    project,
    records: records.slice(0, MOST_EVIDENCE),
  };
}
