import { type JsonObject, nearestName, TrestleError } from "@trestle/protocol";
import { readDay } from "./days.ts";
import { fromRow, type Mapping, toRow } from "./mapping.ts";

export const STATUSES = [
  "pending",
  "confirmed",
  "checked_in",
  "checked_out",
  "cancelled",
  "no_show",
] as const;
export type ReservationStatus = (typeof STATUSES)[number];

/** Somebody's stay. */
export interface Reservation {
  readonly id: string;
  readonly propertyId: string | null;
  readonly unitId: string | null;
  readonly guestName: string | null;
  readonly guestEmail: string | null;
  readonly guestPhone: string | null;
  readonly guests: number | null;
  /** The day of arrival: `2026-06-01`. */
  readonly checkIn: string;
  /** The day of departure, whose night is free. */
  readonly checkOut: string;
  readonly nights: number;
  /** A decimal as text. */
  readonly totalAmount: string | null;
  readonly currency: string | null;
  readonly status: ReservationStatus;
  /** Where it was booked. */
  readonly source: string | null;
  readonly notes: string | null;
}

export const RESERVATION: Mapping = {
  id: { type: "text", also: ["reservation_id", "booking_id", "confirmation_code"], required: true },
  propertyId: { type: "text", also: ["property"] },
  unitId: { type: "text", also: ["unit", "room_id", "room"] },
  guestName: { type: "text", also: ["guest", "name", "customer_name"] },
  guestEmail: { type: "text", also: ["email"] },
  guestPhone: { type: "text", also: ["phone"] },
  guests: { type: "integer", also: ["guest_count", "num_guests", "number_of_guests", "adults"] },
  checkIn: {
    type: "date",
    also: ["checkin", "check_in_date", "arrival", "arrival_date", "start_date"],
    required: true,
  },
  checkOut: {
    type: "date",
    also: ["checkout", "check_out_date", "departure", "departure_date", "end_date"],
    required: true,
  },
  totalAmount: { type: "decimal", also: ["total", "amount", "total_price", "price"] },
  currency: { type: "text", also: ["currency_code"] },
  status: { type: "text", also: ["reservation_status", "booking_status", "state"] },
  source: { type: "text", also: ["channel", "platform"] },
  notes: { type: "text", also: ["note", "comment", "remarks"] },
};

/** Other words for a status, as tables and documents have them. */
const WORDS: Readonly<Record<string, ReservationStatus>> = {
  open: "pending",
  tentative: "pending",
  inquiry: "pending",
  pendente: "pending",
  booked: "confirmed",
  paid: "confirmed",
  accepted: "confirmed",
  confirmada: "confirmed",
  confirmado: "confirmed",
  active: "checked_in",
  in_house: "checked_in",
  hospedado: "checked_in",
  completed: "checked_out",
  finished: "checked_out",
  departed: "checked_out",
  concluida: "checked_out",
  canceled: "cancelled",
  declined: "cancelled",
  cancelada: "cancelled",
  cancelado: "cancelled",
  noshow: "no_show",
};

/**
 * A row of a table of reservations, whichever of the usual names its columns have; without a status it is
 * confirmed. Throws `invalid_input` that names the field, also where nobody stays a night.
 */
export function toReservation(row: JsonObject): Reservation {
  const fields = fromRow(RESERVATION, row);
  const nights = readDay(fields.checkOut, "checkOut") - readDay(fields.checkIn, "checkIn");
  if (nights < 1)
    throw new TrestleError(
      "invalid_input",
      `checkOut: ${fields.checkOut} is not after the arrival on ${fields.checkIn}.`,
    );
  return { ...fields, nights, status: toStatus(fields.status) } as unknown as Reservation;
}

/** As a row of snake_case columns; `nights` is left out, since it follows from the days. */
export function reservationRow(reservation: Partial<Reservation>): JsonObject {
  return toRow(RESERVATION, reservation as JsonObject);
}

/** Is the unit taken? Of a cancelled stay, and of one that nobody came to, it is not. */
export function isStay({ status }: Pick<Reservation, "status">): boolean {
  return status !== "cancelled" && status !== "no_show";
}

function toStatus(value: unknown): ReservationStatus {
  if (value === null || value === undefined) return "confirmed";
  const word = String(value)
    .trim()
    .toLowerCase()
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[\s-]+/g, "_");
  const known = STATUSES.find((status) => status === word);
  const status = known ?? (Object.hasOwn(WORDS, word) ? WORDS[word] : undefined);
  if (status) return status;
  const nearest = nearestName(word.slice(0, 60), [...STATUSES, ...Object.keys(WORDS)]);
  throw new TrestleError(
    "invalid_input",
    `status: ${JSON.stringify(value)} is none that is known.${nearest ? ` Did you mean "${nearest}"?` : ""} Known: ${STATUSES.join(", ")}.`,
  );
}
