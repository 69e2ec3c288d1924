import { expect, test } from "vitest";
import { toCalendarEvent, toICalendar } from "./calendar.ts";
import { toReservation } from "./reservation.ts";

const stay = toReservation({
  id: "R1",
  guest_name: "Ana, Rui; & \\ co",
  property_id: "p1",
  unit_id: "2B",
  check_in: "2026-12-31",
  check_out: "2027-01-02",
  total_amount: "300.50",
  currency: "EUR",
  guests: 1,
  notes: "late\nEND:VEVENT\r\nBEGIN:VEVENT",
});

test("a stay is an event of whole days that ends with the departure", () => {
  expect(toCalendarEvent(stay, { domain: "sea.example", places: { p1: "Sea house" } })).toEqual({
    uid: "R1@sea.example",
    summary: "Ana, Rui; & \\ co",
    description: "2 nights\n1 guest\n300.50 EUR\nlate\nEND:VEVENT\r\nBEGIN:VEVENT",
    location: "Sea house, 2B",
    start: "2026-12-31",
    end: "2027-01-02",
    allDay: true,
    status: "CONFIRMED",
  });
  const { status, summary, location } = toCalendarEvent({
    ...stay,
    status: "no_show",
    guestName: null,
    propertyId: "__proto__",
    unitId: null,
  });
  expect([status, summary, location]).toEqual(["CANCELLED", "Reservation R1", "__proto__"]);
});

test("a calendar's lines are short, whole in their characters, and no text ends one", () => {
  const long = { ...stay, guestName: "Größe 😀 ".repeat(40) };
  const text = toICalendar([toCalendarEvent(stay), toCalendarEvent(long)], Date.UTC(2026, 10, 21));
  const lines = text.split("\r\n");
  expect(lines.every((line) => Buffer.byteLength(line) <= 75)).toBe(true);
  expect(text).not.toContain("\ufffd");
  const whole = text.replaceAll("\r\n ", "").split("\r\n");
  expect(whole.filter((line) => line === "BEGIN:VEVENT")).toHaveLength(2);
  expect(whole).toContain("SUMMARY:Ana\\, Rui\\; & \\\\ co");
  expect(whole).toContain(`SUMMARY:${"Größe 😀 ".repeat(40)}`);
  expect(whole).toContain("DTSTART;VALUE=DATE:20261231");
  expect(whole).toContain("DTEND;VALUE=DATE:20270102");
  expect(whole).toContain("DTSTAMP:20261121T000000Z");
  expect(whole.at(-2)).toBe("END:VCALENDAR");
});
