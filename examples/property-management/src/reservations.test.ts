import { expect, test } from "vitest";
import { analyze } from "./analyze.ts";
import { extractReservations } from "./reservations.ts";
import { calendar, occupancy } from "./stays.ts";
import { readAmount, readDay } from "./values.ts";

test.each([
  ["2026-07-03", "2026-07-03"],
  ["sexta, 03/07/2026 às 15h", "2026-07-03"],
  ["3 de julho de 2026", "2026-07-03"],
  ["1 de março de 2026", "2026-03-01"],
  ["12 July 2026", "2026-07-12"],
  ["Jul 12, 2026", "2026-07-12"],
  ["31/02/2026", undefined],
  ["soon", undefined],
])("%s is the day %s", (text, day) => {
  expect(readDay(text)).toBe(day);
});

test.each([
  ["1.240,50 €", "1240.50"],
  ["EUR 1,060.00", "1060.00"],
  ["R$ 900", "900"],
  ["1.200", "1200"],
  ["free", undefined],
])("%s is the amount %s", (text, amount) => {
  expect(readAmount(text)).toBe(amount);
});

test("what is no reservation is told, and the others are found", () => {
  const text = `Código: A1
Entrada: 2026-07-05
Saída: 2026-07-03
Código da reserva: A2
Nome: Zé
Chegada: 01/08/2026
Partida: 04/08/2026
Confirmation code: A3
Arrival: next week`;
  const { reservations, problems } = extractReservations(text);
  expect(reservations).toEqual([
    {
      ...{ code: "A2", property: null, guest: "Zé", check_in: "2026-08-01" },
      ...{ check_out: "2026-08-04", guests: null, total: null },
    },
  ]);
  expect(problems).toEqual([
    "A1: it ends on 2026-07-03, and begins on 2026-07-05",
    "A3: its arrival is unclear: next week",
  ]);
});

test("nights, arrivals and departures are counted once each", () => {
  const stays = [
    { code: "A", guest: "Ann", check_in: "2026-07-01", check_out: "2026-07-03" },
    { code: "B", guest: null, check_in: "2026-07-02", check_out: "2026-07-04" },
  ];
  expect(calendar(stays, "2026-07-02", "2026-07-04")).toEqual([
    { day: "2026-07-02", arrivals: ["B"], departures: [], guests: ["Ann", "B"] },
    { day: "2026-07-03", arrivals: [], departures: ["Ann"], guests: ["B"] },
  ]);
  expect(occupancy(stays, "2026-07-01", "2026-07-05", 1)).toEqual({
    ...{ nights: 4, occupied: 3, overbooked: 1, rate: 0.75 },
  });
  expect(() => calendar(stays, "2026-07-04", "2026-07-02")).toThrow(RangeError);
});

test("texts are told apart", () => {
  expect(analyze("Fatura de julho para a casa da praia")).toMatchObject({
    ...{ language: "por", kind: "invoice" },
  });
  expect(analyze("The agreement of the guest and the owner")).toMatchObject({
    ...{ language: "eng", kind: "contract" },
  });
  expect(analyze("")).toEqual({ language: "unknown", kind: "other", summary: "" });
});
