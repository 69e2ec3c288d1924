import type { JsonObject } from "@trestle/protocol";
import { seededRandom } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import { formatDay } from "./days.ts";
import { fromRow, type Mapping, toRow } from "./mapping.ts";
import { camelKeys, snakeKeys, toCamel, toSnake } from "./names.ts";
import { propertyRow, toProperty } from "./property.ts";
import { reservationRow, STATUSES, toReservation } from "./reservation.ts";
import { summarize } from "./summary.ts";

/** ROUNDS of each. */
const random = seededRandom();
const rounds = random.rounds(1) * 300;

describe("names", () => {
  test.for([
    ["check_in_date", "checkInDate"],
    ["id", "id"],
    ["_private_note", "_privateNote"],
    ["ends_", "ends_"],
    ["größe_in_m", "größeInM"],
  ])("%s and %s are one", ([snake = "", camel = ""]) => {
    expect(toCamel(snake)).toBe(camel);
    expect(toSnake(camel)).toBe(snake);
  });

  test.for([
    ["guestURL", "guest_url"],
    ["HTTPStatus", "http_status"],
    ["line2Text", "line2_text"],
    ["Name", "name"],
  ])("%s becomes %s", ([camel = "", snake]) => {
    expect(toSnake(camel)).toBe(snake);
  });

  test("any words come back, and rows keep every value, at any depth", () => {
    for (let round = 0; round < rounds; round += 1) {
      const words = Array.from({ length: 1 + random.below(4) }, () =>
        Array.from({ length: 1 + random.below(5) }, () => random.pick([..."abcxyz"])).join(""),
      );
      const name = words.filter((word) => word.length > 1 || words.length === 1).join("_");
      expect(toSnake(toCamel(name))).toBe(name);
      const row = { [name]: { [name]: [{ [name]: 1 }] }, plain: 2 };
      expect(snakeKeys(camelKeys(row, { deep: true }), { deep: true })).toEqual(row);
    }
  });

  test("two keys that would be one keep both values", () => {
    expect(camelKeys({ a_b: 1, aB: 2, a__b: 3 })).toEqual({ a_b: 1, aB: 2, a__b: 3 });
    expect(Object.keys(camelKeys({ a_b: 1, a__b: 2 }))).toEqual(["aB", "a__b"]);
    expect(camelKeys(JSON.parse('{"__proto__": 1, "x_y": 2}'))).toHaveProperty("xY", 2);
  });
});

describe("a mapping", () => {
  const mapping: Mapping = {
    id: { type: "integer", required: true },
    fullName: { type: "text", column: "name" },
    price: { type: "decimal" },
    paid: { type: "boolean" },
    day: { type: "date" },
    at: { type: "time" },
    facts: { type: "json" },
  };

  test("leads from rows to objects and back", () => {
    for (let round = 0; round < rounds; round += 1) {
      const object = {
        id: random.below(2 ** 31),
        fullName: random.pick(["Ana", "", "O'Neil", null]),
        price: random.pick(["0.10", "-12345678901234567890.123", null]),
        paid: random.pick([true, false, null]),
        day: random.pick([formatDay(random.below(40_000)), null]),
        at: random.pick(["2026-06-01T12:00:00.123456Z", null]),
        facts: random.pick([{ a: [1, null] }, [1], null]),
      };
      const row = toRow(mapping, object);
      expect(fromRow(mapping, row)).toEqual(object);
      expect(fromRow(mapping, camelKeys(row))).toEqual(object);
    }
  });

  test.for<[JsonObject, string]>([
    [{}, "id: there is no value for it"],
    [{ id: 1.5 }, "id: 1.5 is no whole number"],
    [{ id: 1, price: "dear" }, 'price: "dear" is no number'],
    [{ id: 1, price: Number.NaN }, "price: null is no number"],
    [{ id: 1, paid: "perhaps" }, 'paid: "perhaps" is no yes or no'],
    [{ id: 1, day: "2026-02-29" }, 'day: "2026-02-29" is no day'],
    [{ id: 1, at: "noon" }, 'at: "noon" is no time'],
    [{ id: 1, name: { a: 1 } }, 'fullName: {"a":1} is no text'],
  ])("refuses %j", ([row, message]) => {
    expect(() => fromRow(mapping, row)).toThrow(message);
  });

  test("takes numbers as they are written elsewhere", () => {
    expect(
      fromRow(mapping, { id: "7.0", price: 1e21, paid: "t", day: "2026-06-01T00:00:00Z" }),
    ).toMatchObject({ id: 7, price: "1000000000000000000000", paid: true, day: "2026-06-01" });
  });
});

describe("reservations and properties", () => {
  const row = {
    booking_id: "R1",
    property: 7,
    guest: "Ana",
    arrival: "2028-02-28",
    departure: "2028-03-01",
    amount: "300.50",
    currency: "EUR",
    status: "Confirmada",
    adults: 2,
    ignored: true,
  };

  test("are read from columns of other names, with the nights counted", () => {
    expect(toReservation(row)).toEqual({
      id: "R1",
      propertyId: "7",
      unitId: null,
      guestName: "Ana",
      guestEmail: null,
      guestPhone: null,
      guests: 2,
      checkIn: "2028-02-28",
      checkOut: "2028-03-01",
      nights: 2,
      totalAmount: "300.50",
      currency: "EUR",
      status: "confirmed",
      source: null,
      notes: null,
    });
    expect(toProperty({ property_id: 1, title: "Sea", sleeps: "4" })).toMatchObject({
      id: "1",
      name: "Sea",
      maxGuests: 4,
      units: 1,
      active: true,
    });
  });

  test("come back from their own rows as they were", () => {
    const reservation = toReservation(row);
    expect(toReservation(reservationRow(reservation))).toEqual(reservation);
    const property = toProperty({
      id: "p",
      name: "Sea",
      units: 3,
      nightly_rate: 80,
      active: false,
    });
    expect(toProperty(propertyRow(property))).toEqual(property);
    expect(propertyRow({ maxGuests: 2 })).toEqual({ max_guests: 2 });
  });

  test.for<[JsonObject, string]>([
    [{ departure: "2028-02-28" }, "checkOut: 2028-02-28 is not after the arrival on 2028-02-28"],
    [{ departure: null }, "checkOut: there is no value for it"],
    [{ status: "konfirmed" }, 'Did you mean "confirmed"?'],
    [{ status: "constructor" }, "is none that is known"],
    [{ amount: "12,50" }, 'totalAmount: "12,50" is no number'],
  ])("with %j is refused", ([change, message]) => {
    expect(() => toReservation({ ...row, ...change })).toThrow(message);
  });

  test("words for a status in two languages, with and without accents", () => {
    const words = ["Check-ed in", "no show", "Concluída", "CANCELED", "in house", undefined];
    const read = words
      .slice(1)
      .map((status) => toReservation({ ...row, status: status ?? null }).status);
    expect(read).toEqual(["no_show", "checked_out", "cancelled", "checked_in", "confirmed"]);
    for (const status of STATUSES) expect(toReservation({ ...row, status }).status).toBe(status);
  });

  test("make a summary: exact money by currency, cancelled ones beside", () => {
    const stay = (change: JsonObject) => toReservation({ ...row, ...change });
    expect(
      summarize([
        stay({ amount: "0.1" }),
        stay({ amount: "0.2", arrival: "2028-02-20" }),
        stay({ amount: 5, currency: null, departure: "2028-04-01" }),
        stay({ amount: null }),
        stay({ amount: 99, status: "cancelled", arrival: "2020-01-01" }),
      ]),
    ).toEqual({
      reservations: 5,
      byStatus: { confirmed: 4, cancelled: 1 },
      nights: 2 + 10 + 33 + 2,
      guests: 8,
      averageNights: "11.75",
      revenue: { EUR: "0.3", "": "5" },
      firstCheckIn: "2028-02-20",
      lastCheckOut: "2028-04-01",
    });
    expect(summarize([])).toMatchObject({ averageNights: null, revenue: {}, firstCheckIn: null });
  });
});
