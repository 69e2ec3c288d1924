import type { Parts } from "../knowledge/parts.ts";
import { confidenceOfRow, type Row } from "../knowledge/rows.ts";
import type { Happening } from "../knowledge/tallies.ts";
import { countByDay } from "./days.ts";

export interface LearningMetrics {
  readonly outcomes: number;
  readonly worked: number;
  /** Share of what was tried that worked; null where nothing was. */
  readonly successRate: number | null;
  readonly fixesTried: number;
  readonly fixesNeverTried: number;
  /** How far the odds that are told lie from what came of it, 0 to 1: the less the better. */
  readonly calibrationError: number | null;
  /** Of the period: how often an error was met again, and how often a fix for it was known by now. */
  readonly metAgain: number;
  readonly metAgainWithFix: number;
  /** On each day (UTC) of the period, the last 90 at most. */
  readonly workedByDay: Readonly<Record<string, number>>;
  readonly failedByDay: Readonly<Record<string, number>>;
}

export function learningMetrics(
  parts: Pick<Parts, "tallies" | "clock">,
  rows: readonly Row[],
  period: { readonly since: number; readonly until: number },
): LearningMetrics {
  const fixes = rows.filter(({ fix }) => fix !== undefined);
  let [worked, outcomes, tried, error] = [0, 0, 0, 0];
  for (const row of fixes) {
    const { tally } = parts.tallies.of(row.id);
    const attempts = tally.worked + tally.failed;
    if (attempts === 0) continue;
    tried += 1;
    outcomes += attempts;
    worked += tally.worked;
    error += Math.abs(confidenceOfRow(parts, row).value - tally.worked / attempts) * attempts;
  }
  return {
    outcomes,
    worked,
    successRate: outcomes === 0 ? null : worked / outcomes,
    fixesTried: tried,
    fixesNeverTried: fixes.length - tried,
    calibrationError: outcomes === 0 ? null : error / outcomes,
    ...happened(parts, rows, period),
  };
}

function happened(
  { tallies }: Pick<Parts, "tallies">,
  rows: readonly Row[],
  period: { readonly since: number; readonly until: number },
) {
  const all = rows.flatMap((row) =>
    [...tallies.happenings(row.id)]
      .filter(({ at }) => at >= period.since)
      .map((happening) => ({ ...happening, hasFix: row.fix !== undefined })),
  );
  const again = all.filter(({ worked }) => worked === undefined);
  const at = (wanted: boolean) =>
    all.filter(({ worked }: Happening) => worked === wanted).map((each) => each.at);
  return {
    metAgain: again.length,
    metAgainWithFix: again.filter(({ hasFix }) => hasFix).length,
    workedByDay: countByDay(at(true), period),
    failedByDay: countByDay(at(false), period),
  };
}
