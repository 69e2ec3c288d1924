type ByDay = Readonly<Record<string, number>>;

export interface Days {
  /** Epoch seconds, as charts take them. */
  readonly times: readonly number[];
  /** One list for each of what was given, with 0 where a day is not named. */
  readonly values: readonly (readonly number[])[];
}

/** Counts by day ("2026-11-22") as lines of a chart, over all days that any of them names. */
export function daysOf(counts: readonly ByDay[]): Days {
  const days = [...new Set(counts.flatMap((byDay) => Object.keys(byDay)))].sort();
  return {
    // Their noon: the same day wherever somebody looks.
    times: days.map((day) => Date.parse(`${day}T12:00:00Z`) / 1_000),
    values: counts.map((byDay) => days.map((day) => byDay[day] ?? 0)),
  };
}
