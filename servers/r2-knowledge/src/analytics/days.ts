const DAY_MS = 86_400_000;
/** A longer period is told by its last days. */
const MOST_DAYS = 90;

/** The day in UTC, as `2026-01-31`. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Every day of a period, those too on which nothing happened; the last 90 at most. */
export function daysBetween(since: number, until: number): string[] {
  const last = Math.floor(until / DAY_MS);
  const first = Math.max(Math.floor(since / DAY_MS), last - MOST_DAYS + 1);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) =>
    dayOf((first + at) * DAY_MS),
  );
}

/** How often each day of the period is among the times. In milliseconds since 1970. */
export function countByDay(
  times: Iterable<number>,
  { since, until }: { readonly since: number; readonly until: number },
): Record<string, number> {
  const counts = Object.fromEntries(daysBetween(since, until).map((day) => [day, 0]));
  for (const at of times) {
    const day = dayOf(at);
    if (at >= since && counts[day] !== undefined) counts[day] += 1;
  }
  return counts;
}
