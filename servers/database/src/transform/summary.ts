import type { JsonObject } from "@trestle/protocol";
import { aggregate } from "./aggregate.ts";
import { divideDecimal, formatDecimal } from "./decimal.ts";
import { isStay, type Reservation, type ReservationStatus } from "./reservation.ts";

export interface ReservationSummary {
  readonly reservations: number;
  readonly byStatus: Partial<Record<ReservationStatus, number>>;
  /** Of those that were neither cancelled nor missed, as are the figures below. */
  readonly nights: number;
  readonly guests: number;
  /** Nights of a stay, two digits after the point; null without stays. */
  readonly averageNights: string | null;
  /** Exact, by currency; `""` where none is given. */
  readonly revenue: Record<string, string>;
  readonly firstCheckIn: string | null;
  readonly lastCheckOut: string | null;
}

/** What there is to say of many reservations at once. */
export function summarize(reservations: readonly Reservation[]): ReservationSummary {
  const stays = reservations.filter(isStay);
  const nights = stays.reduce((sum, stay) => sum + stay.nights, 0);
  const revenue = figures(stays, "currency", [
    { function: "sum", field: "totalAmount", as: "sum" },
  ]).filter(({ sum }) => sum !== null);
  const byStatus = figures(reservations, "status", [{ function: "count" }]);
  return {
    reservations: reservations.length,
    byStatus: Object.fromEntries(byStatus.map(({ status, count }) => [String(status), count])),
    nights,
    guests: stays.reduce((sum, stay) => sum + (stay.guests ?? 0), 0),
    averageNights:
      stays.length === 0
        ? null
        : formatDecimal(
            divideDecimal({ digits: BigInt(nights), scale: 0 }, BigInt(stays.length), 2),
          ),
    revenue: Object.fromEntries(revenue.map((row) => [row.currency ?? "", String(row.sum)])),
    firstCheckIn: least(stays.map(({ checkIn }) => checkIn)),
    lastCheckOut: greatest(stays.map(({ checkOut }) => checkOut)),
  };
}

function figures(
  rows: readonly Reservation[],
  by: string,
  wanted: Parameters<typeof aggregate>[1]["figures"],
) {
  return aggregate(rows as unknown as JsonObject[], { by: [by], figures: wanted });
}

function least(days: readonly string[]): string | null {
  return days.toSorted()[0] ?? null;
}

function greatest(days: readonly string[]): string | null {
  return days.toSorted().at(-1) ?? null;
}
