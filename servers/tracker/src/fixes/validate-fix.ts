import { commandHead } from "../errors/command-head.ts";
import type { EditFact, ErrorFact, RunFact } from "../model/facts.ts";

/** What the store tells of the group and the project around a fix; any order. */
export interface FixFacts {
  /** When the group is held to have been mended, milliseconds since 1970. */
  readonly fixedAt: number;
  /** Errors of the group. */
  readonly errors: readonly Pick<ErrorFact, "recordId" | "at" | "command" | "component">[];
  readonly runs: readonly Pick<RunFact, "recordId" | "at" | "command" | "tool" | "ok">[];
  readonly edits: readonly Pick<EditFact, "recordId" | "at" | "path">[];
  /** Until when facts are known. */
  readonly now: number;
}

export interface FixRules {
  /** How long nothing of the group may be seen; a day by default. */
  readonly quietMs?: number;
  /** How often it could have come back and did not; 3 by default. */
  readonly leastRuns?: number;
}

export type FixVerdict = "validated" | "regressed" | "unverified";

export interface FixJudgement {
  readonly verdict: FixVerdict;
  /** One sentence. */
  readonly reason: string;
  /** Runs after the fix of what had failed, that succeeded. */
  readonly succeeded: number;
  /** Runs of it before the fix that failed with the group. */
  readonly failedBefore: number;
  /** What shows it, oldest first. */
  readonly evidence: readonly FixEvidence[];
}

export interface FixEvidence {
  readonly recordId: string;
  readonly at: number;
  readonly shows: "failed before" | "edited" | "succeeded after" | "failed after";
}

const QUIET_MS = 86_400_000;
const LEAST_RUNS = 3;
const MOST_EVIDENCE = 5;
/** Edits so long before a fix belong to it. */
export const EDITS_MS = 3_600_000;

/**
 * What became of a fix. Regressed: the group was seen after it. Validated: what had failed succeeded after it so often
 * that it could have come back, or succeeded at all and then nothing was seen for the quiet time. Everything else is
 * unverified: not to be seen is no proof where nobody tried.
 */
export function validateFix(
  { fixedAt, errors, runs, edits, now }: FixFacts,
  { quietMs = QUIET_MS, leastRuns = LEAST_RUNS }: FixRules = {},
): FixJudgement {
  const before = byTime(errors).filter(({ at }) => at <= fixedAt);
  const after = byTime(errors).filter(({ at }) => at > fixedAt);
  const tried = byTime(runs).filter((run) => run.at > fixedAt && isTry(run, errors));
  const succeeded = tried.filter(({ ok }) => ok);
  const edited = byTime(edits).filter(({ at }) => at <= fixedAt && at > fixedAt - EDITS_MS);
  const isQuiet = now - fixedAt >= quietMs;
  const evidence = [
    ...asEvidence(before.slice(-1), "failed before"),
    ...asEvidence(edited.slice(-MOST_EVIDENCE), "edited"),
    ...asEvidence(succeeded.slice(0, MOST_EVIDENCE), "succeeded after"),
    ...asEvidence(after.slice(0, MOST_EVIDENCE), "failed after"),
  ].toSorted((a, b) => a.at - b.at);
  const told = { succeeded: succeeded.length, failedBefore: before.length, evidence };
  if (after.length > 0) {
    return {
      verdict: "regressed",
      reason: `It was seen ${times(after.length)} after the fix.`,
      ...told,
    };
  }
  const isProven = succeeded.length >= leastRuns || (succeeded.length > 0 && isQuiet);
  return {
    verdict: isProven ? "validated" : "unverified",
    reason: reasonFor(succeeded.length, { tried: tried.length, isQuiet }),
    ...told,
  };
}

/** Could the error have come back in this run? It is of a command, or at least of the tool, that failed with it. */
function isTry({ command, tool }: FixFacts["runs"][number], errors: FixFacts["errors"]): boolean {
  return errors.some((error) =>
    error.command === undefined ? error.component === tool : commandHead(command) === error.command,
  );
}

function reasonFor(
  succeeded: number,
  { tried, isQuiet }: { readonly tried: number; readonly isQuiet: boolean },
): string {
  if (succeeded > 0) {
    return `What had failed succeeded ${times(succeeded)} since, and the error was not seen again${isQuiet ? "" : " so far"}.`;
  }
  if (tried > 0) return "What had failed was tried since and failed in another way.";
  return "What had failed was not tried since: run it to know.";
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function byTime<Item extends { readonly at: number }>(items: readonly Item[]): Item[] {
  return items.toSorted((a, b) => a.at - b.at);
}

function asEvidence(
  facts: readonly { readonly recordId: string; readonly at: number }[],
  shows: FixEvidence["shows"],
): FixEvidence[] {
  return facts.map(({ recordId, at }) => ({ recordId, at, shows }));
}
