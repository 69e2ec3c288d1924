/** Nights from the day of arrival to the one before departure. Days are ISO 8601. */
export interface Stay {
  readonly code: string;
  readonly guest?: string | null | undefined;
  readonly property?: string | null | undefined;
  readonly check_in: string;
  readonly check_out: string;
}

export interface CalendarDay {
  readonly day: string;
  readonly arrivals: string[];
  readonly departures: string[];
  /** Who sleeps there that night. */
  readonly guests: string[];
}

const DAY_MS = 86_400_000;
const MOST_DAYS = 3_660;

/** Each day of a period, its end not included: who comes, who goes, who stays. */
export function calendar(stays: readonly Stay[], from: string, to: string): CalendarDay[] {
  return daysOf(from, to).map((day) => {
    const those = (is: (stay: Stay) => boolean) =>
      stays.filter(is).map(({ guest, code }) => guest ?? code);
    return {
      day,
      arrivals: those(({ check_in }) => check_in === day),
      departures: those(({ check_out }) => check_out === day),
      guests: those(({ check_in, check_out }) => check_in <= day && day < check_out),
    };
  });
}

/** How many of the nights of a period are let; `units` can be let at once. */
export function occupancy(stays: readonly Stay[], from: string, to: string, units: number) {
  const days = daysOf(from, to);
  const perNight = days.map(
    (day) => stays.filter(({ check_in, check_out }) => check_in <= day && day < check_out).length,
  );
  const nights = days.length * units;
  const occupied = perNight.reduce((sum, count) => sum + Math.min(count, units), 0);
  const overbooked = perNight.reduce((sum, count) => sum + Math.max(0, count - units), 0);
  return {
    nights,
    occupied,
    overbooked,
    rate: nights === 0 ? 0 : Number((occupied / nights).toFixed(4)),
  };
}

function daysOf(from: string, to: string): string[] {
  const count = Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
  if (!(count >= 1 && count <= MOST_DAYS))
    throw new RangeError(`The period from ${from} to ${to} must have 1 to ${MOST_DAYS} days`);
  return Array.from({ length: count }, (_, index) =>
    new Date(Date.parse(from) + index * DAY_MS).toISOString().slice(0, 10),
  );
}
