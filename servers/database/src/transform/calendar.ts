import type { Reservation } from "./reservation.ts";

/** An event of whole days, as iCalendar has them. */
export interface CalendarEvent {
  readonly uid: string;
  readonly summary: string;
  readonly description: string;
  readonly location: string | null;
  /** The first day: `2026-06-01`. */
  readonly start: string;
  /** The day after the last one. */
  readonly end: string;
  readonly allDay: true;
  readonly status: "TENTATIVE" | "CONFIRMED" | "CANCELLED";
}

const STATUS = {
  pending: "TENTATIVE",
  confirmed: "CONFIRMED",
  checked_in: "CONFIRMED",
  checked_out: "CONFIRMED",
  cancelled: "CANCELLED",
  no_show: "CANCELLED",
} as const;

export interface CalendarOptions {
  /** After the `@` of each uid, so that calendars of several houses do not meet. */
  readonly domain?: string | undefined;
  /** Names of properties by their id. */
  readonly places?: Readonly<Record<string, string>> | undefined;
}

/** A reservation as an event from the day of arrival to the day of departure, which is free again. */
export function toCalendarEvent(
  reservation: Reservation,
  { domain = "reservations.local", places = {} }: CalendarOptions = {},
): CalendarEvent {
  const { id, guestName, guests, nights, totalAmount, currency, propertyId, unitId } = reservation;
  const place =
    propertyId === null
      ? null
      : Object.hasOwn(places, propertyId)
        ? places[propertyId]
        : propertyId;
  const facts = [
    `${nights} ${nights === 1 ? "night" : "nights"}`,
    guests === null ? undefined : `${guests} ${guests === 1 ? "guest" : "guests"}`,
    totalAmount === null ? undefined : [totalAmount, currency].filter(Boolean).join(" "),
    reservation.notes ?? undefined,
  ];
  return {
    uid: `${id}@${domain}`,
    summary: guestName ?? `Reservation ${id}`,
    description: facts.filter((fact) => fact !== undefined).join("\n"),
    location: [place, unitId].filter(Boolean).join(", ") || null,
    start: reservation.checkIn,
    end: reservation.checkOut,
    allDay: true,
    status: STATUS[reservation.status],
  };
}

/** The events as a file that calendars read (RFC 5545). `stamp`: when it was made, in epoch milliseconds. */
export function toICalendar(events: readonly CalendarEvent[], stamp: number): string {
  const made = new Date(stamp).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Trestle//Database//EN",
    ...events.flatMap((event) => [
      "BEGIN:VEVENT",
      `UID:${escapeText(event.uid)}`,
      `DTSTAMP:${made}`,
      `DTSTART;VALUE=DATE:${event.start.replaceAll("-", "")}`,
      `DTEND;VALUE=DATE:${event.end.replaceAll("-", "")}`,
      `SUMMARY:${escapeText(event.summary)}`,
      ...(event.description === "" ? [] : [`DESCRIPTION:${escapeText(event.description)}`]),
      ...(event.location === null ? [] : [`LOCATION:${escapeText(event.location)}`]),
      `STATUS:${event.status}`,
      "END:VEVENT",
    ]),
    "END:VCALENDAR",
  ];
  return `${lines.map(fold).join("\r\n")}\r\n`;
}

/** No text can end its line: controls but the line feed are left out. */
function escapeText(text: string): string {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/[\\;,]/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll(/\p{Cc}/gu, "");
}

/** Lines have 75 bytes at most, and go on after a space; no character is torn. */
function fold(line: string): string {
  const folded: string[] = [];
  let part = "";
  let bytes = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (bytes + size > 75) {
      folded.push(part);
      part = " ";
      bytes = 1;
    }
    part += character;
    bytes += size;
  }
  return [...folded, part].join("\r\n");
}
