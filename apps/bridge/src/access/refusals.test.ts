import { readFileSync } from "node:fs";
import type { JsonObject } from "@trestle/protocol";
import { manualClock } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { createRefusals, REFUSALS, type Refusal } from "./refusals.ts";

function open() {
  const written: JsonObject[] = [];
  const clock = manualClock();
  return { written, clock, ...createRefusals((entry) => written.push(entry), clock) };
}

const stranger = (n: number): Refusal => ({
  event: "credential_refused",
  reason: "missing",
  address: `192.0.2.${n}`,
});

test("the first of a kind is told at once, and the others as a number when the window ends", () => {
  const { add, written, clock } = open();
  for (let n = 0; n < 1_000; n += 1) add(stranger(1));
  expect(written).toEqual([stranger(1)]);
  clock.advance(60_000);
  expect(written).toEqual([stranger(1), { ...stranger(1), repeats: 999, withinMs: 60_000 }]);
});

test("of more kinds than are told one by one, each event has its number", () => {
  const { add, close, written } = open();
  for (let n = 0; n < 60; n += 1) add(stranger(n));
  for (let n = 0; n < 5; n += 1) add({ event: "address_refused", host: `${n}.example` });
  expect(written).toEqual(Array.from({ length: 50 }, (_, n) => stranger(n)));
  close();
  expect(written.slice(50)).toEqual([
    {
      event: "more_refused",
      repeats: 15,
      of: { credential_refused: 10, address_refused: 5 },
      withinMs: 60_000,
    },
  ]);
});

test("a flood from ever other addresses that goes on for a day stays small", () => {
  const { add, written, clock } = open();
  const bytes = () => written.reduce((sum, entry) => sum + JSON.stringify(entry).length, 0);
  for (let minute = 0; minute < 24 * 60; minute += 1) {
    for (let n = 0; n < 100; n += 1) {
      add({
        event: "address_refused",
        server: "one",
        host: `${minute}-${n}.${"a".repeat(60_000)}`,
      });
    }
    clock.advance(60_000);
  }
  expect(bytes()).toBeLessThan(1024 * 1024);
  expect(written.every(({ host = "" }) => String(host).length <= 257)).toBe(true);
});

test("the page on security tells of every event, and of no other", () => {
  const page = readFileSync(new URL("../../../../docs/security.md", import.meta.url), "utf8");
  const told = [...page.matchAll(/^\| `(\w+_refused)` \|/gm)].map(([, event]) => event);
  expect(told.toSorted()).toEqual([...REFUSALS, "more_refused"].toSorted());
});
