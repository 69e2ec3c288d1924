import { clip } from "../reports/clip.ts";
import type { RunTrace } from "../store/traces.ts";
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
      const runs = await store.runTraces({ ...ofProject, command, from, limit: MOST_RUNS });
      // A tool that is no command has arguments that its runs do not tell apart.
      const same = runs.filter((run) => run.tool !== run.command).toReversed();
      const flips = await flipsOf(store, same);
      return flips.pairs >= LEAST_RUNS - 1 && flips.refs.length >= 2 * LEAST_FLIPS
        ? [await toHint(store, { command, test, flips })]
        : [];
    }),
  );
  return hints.flat();
}

interface Flips {
  /** Runs after another one with no edit in between. */
  readonly pairs: number;
  /** Of each change of the outcome both runs, the last first. */
  readonly refs: readonly string[];
  readonly project: string;
}

async function flipsOf(store: InsightSources["store"], runs: readonly RunTrace[]): Promise<Flips> {
  const pairs = [...Map.groupBy(runs, ({ session }) => session).values()].flatMap((all) =>
    all.slice(1).map((run, at) => ({ run, before: all[at] ?? run })),
  );
  const edited = await store.areEdited(
    pairs.map(({ run, before }) => ({ session: run.session, after: before.at, until: run.at })),
  );
  const unchanged = pairs.filter((_, at) => edited[at] === false);
  const flips = unchanged.filter(({ run, before }) => run.ok !== before.ok).toReversed();
  return {
    pairs: unchanged.length,
    refs: flips.flatMap(({ run, before }) => [run.ref, before.ref]),
    project: runs.at(-1)?.project ?? "",
  };
}

interface Flaky {
  readonly command: string;
  readonly test: boolean;
  readonly flips: Flips;
}

async function toHint(
  store: InsightSources["store"],
  { command, test, flips: { pairs, refs, project } }: Flaky,
): Promise<Hint> {
  const flips = refs.length / 2;
  const shown = refs.slice(0, MOST_EVIDENCE);
  const ids = await store.recordIds(shown);
  return {
    kind: "flaky_command",
    about: command,
    title: `Flaky: ${clip(command, 140)}`,
    detail: `Of ${pairs} runs right after another one, with no file written in between, ${flips} came out differently.`,
    action: test
      ? "Find the test that fails by chance (time, order, network) and mend or set it apart before its failures are believed."
      : "Do not take one failure for an answer: find what it depends on besides the code.",
    confidence: confidenceOf(1 - 0.5 ** (flips - 1)),
    basis: `${flips} changes of the outcome in ${pairs} pairs of runs without an edit`,
    project,
    records: shown.map((ref) => ids[ref]).filter((id) => id !== undefined),
  };
}
