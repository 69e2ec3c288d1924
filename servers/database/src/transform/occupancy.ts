import { TrestleError } from "@trestle/protocol";
import { formatDay, type Period, readDay, startOf } from "./days.ts";
import { divideDecimal, formatDecimal } from "./decimal.ts";
import { isStay, type Reservation } from "./reservation.ts";

export interface OccupancyOptions {
  /** The first night: `2026-06-01`. */
  readonly from: string;
  /** The day after the last night. */
  readonly to: string;
  /** How many can be let at once; 1 where left out. */
  readonly units?: number | undefined;
  /** A day where left out; weeks begin on Monday. */
  readonly period?: Period | undefined;
}

export interface Occupancy {
  readonly start: string;
  /** The day after the period, or after the range where that ends first. */
  readonly end: string;
  /** Nights that could be let: days times units. */
  readonly available: number;
  /** Nights that are let. */
  readonly occupied: number;
  /** Of them, those that were let more often than there are units. */
  readonly overbooked: number;
  /** Nights that are let in units that there are, by those that could be: four digits after the point. */
  readonly rate: string;
  readonly arrivals: number;
  readonly departures: number;
}

/** Ten years: enough for any chart, and no endless loop. */
const MAX_DAYS = 3_660;

/**
 * How full a house is, per period of a range. A stay takes the nights from the day of arrival to the one
 * before departure; cancelled and missed ones take none. Throws `invalid_input` for a range that is none.
 */
export function occupancy(
  reservations: readonly Reservation[],
  { from, to, units = 1, period = "day" }: OccupancyOptions,
): Occupancy[] {
  const [first, end] = [readDay(from, "from"), readDay(to, "to")];
  checkRange(first, end, units);
  const days = Array.from({ length: end - first }, () => ({
    nights: 0,
    arrivals: 0,
    departures: 0,
  }));
  for (const { checkIn, checkOut } of reservations.filter(isStay)) {
    const [arrival, departure] = [readDay(checkIn, "checkIn"), readDay(checkOut, "checkOut")];
    const [in_, out] = [days[arrival - first], days[departure - first]];
    if (in_) in_.arrivals += 1;
    if (out) out.departures += 1;
    for (let day = Math.max(arrival, first); day < Math.min(departure, end); day += 1)
      (days[day - first] as { nights: number }).nights += 1;
  }
  const periods = Map.groupBy(days.keys(), (at) => startOf(period, first + at));
  return [...periods.values()].map((members) => {
    const start = first + (members[0] ?? 0);
    return toOccupancy(
      start,
      members.map((at) => days[at] as (typeof days)[number]),
      units,
    );
  });
}

function toOccupancy(
  start: number,
  days: readonly { nights: number; arrivals: number; departures: number }[],
  units: number,
): Occupancy {
  const sum = (of: (day: (typeof days)[number]) => number) =>
    days.reduce((total, day) => total + of(day), 0);
  const available = days.length * units;
  const occupied = sum((day) => day.nights);
  const overbooked = sum((day) => Math.max(0, day.nights - units));
  const let_ = { digits: BigInt(occupied - overbooked), scale: 0 };
  return {
    start: formatDay(start),
    end: formatDay(start + days.length),
    available,
    occupied,
    overbooked,
    rate: formatDecimal(divideDecimal(let_, BigInt(available), 4)),
    arrivals: sum((day) => day.arrivals),
    departures: sum((day) => day.departures),
  };
}

function checkRange(first: number, end: number, units: number): void {
  if (end <= first) throw new TrestleError("invalid_input", "to: must be after from.");
  if (end - first > MAX_DAYS)
    throw new TrestleError("invalid_input", `to: at most ${MAX_DAYS} days after from.`);
  if (!Number.isSafeInteger(units) || units < 1)
    throw new TrestleError("invalid_input", "units: must be a whole number from 1 up.");
}
