import type { ErrorGroup } from "../model/error-group.ts";
import type { EditFact } from "../model/facts.ts";
import type { ErrorCourse, Seen, Tries, TriesQuery } from "../store/traces.ts";

/** What the store tells of the group and the project around a fix. */
export interface FixFacts {
  /** When the group is held to have been mended, milliseconds since 1970. */
  readonly fixedAt: number;
  /** Of the group's errors by then and since. */
  readonly course: ErrorCourse;
  /** Runs since then of what had failed. */
  readonly tries: Tries;
  /** Any order. */
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
const MOST_EDITS = 5;
/** Edits so long before a fix belong to it. */
export const EDITS_MS = 3_600_000;

/**
 * What became of a fix. Regressed: the group was seen after it. Validated: what had failed succeeded after it so often
 * that it could have come back, or succeeded at all and then nothing was seen for the quiet time. Everything else is
 * unverified: not to be seen is no proof where nobody tried.
 */
export function validateFix(
  { fixedAt, course, tries, edits, now }: FixFacts,
  { quietMs = QUIET_MS, leastRuns = LEAST_RUNS }: FixRules = {},
): FixJudgement {
  const { before, lastBefore, after, firstAfter } = course;
  const { tried, succeeded, firstSucceeded } = tries;
  const edited = edits
    .filter(({ at }) => at <= fixedAt && at > fixedAt - EDITS_MS)
    .toSorted((a, b) => a.at - b.at);
  const isQuiet = now - fixedAt >= quietMs;
  const evidence = [
    ...asEvidence(lastBefore === undefined ? [] : [lastBefore], "failed before"),
    ...asEvidence(edited.slice(-MOST_EDITS), "edited"),
    ...asEvidence(firstSucceeded, "succeeded after"),
    ...asEvidence(firstAfter, "failed after"),
  ].toSorted((a, b) => a.at - b.at);
  const told = { succeeded, failedBefore: before, evidence };
  if (after > 0) {
    return {
      verdict: "regressed",
      reason: `It was seen ${times(after)} after the fix.`,
      ...told,
    };
  }
  const isProven = succeeded >= leastRuns || (succeeded > 0 && isQuiet);
  return {
    verdict: isProven ? "validated" : "unverified",
    reason: reasonFor(succeeded, { tried, isQuiet }),
    ...told,
  };
}

/** What could bring an error back is a run of its command, or at least of the tool that failed with it. */
export function tryOf({
  command,
  component,
}: Pick<ErrorGroup, "command" | "component">): TriesQuery["by"] {
  return command === undefined ? { tool: component } : { head: command };
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

function asEvidence(facts: readonly Seen[], shows: FixEvidence["shows"]): FixEvidence[] {
  return facts.map(({ recordId, at }) => ({ recordId, at, shows }));
}
