import { isTrestleError } from "@trestle/protocol";
import { fc, fuzz } from "@trestle/testkit/fuzz";
import { expect, test } from "vitest";
import { type HistoryPlace, readCursor, toCursor } from "./source.ts";

const CORPUS = [
  ...["", "_", "1_", "_a", "1__", "-1_a", "1e3_a", "0_a", "1_a b", "1_ä", "1_a\n", " 1_a"],
  ...[
    "99999999999999999_a",
    "9999999999999999_!",
    "999999999999999_!",
    `1_${"a".repeat(201)}`,
    "1_a_b",
    "١_a",
  ],
];
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .tuple(fc.nat(), fc.constantFrom("_", "__", "-", ""), fc.string())
    .map((parts) => parts.join("")),
);

test("any text is a place that is written the same way, or refused in words", async () => {
  await fuzz(text, { corpus: CORPUS, runs: 2_000 }, (given) => {
    let place: HistoryPlace;
    try {
      place = readCursor(given);
    } catch (error) {
      if (!isTrestleError(error)) throw error;
      expect(error.code).toBe("invalid_input");
      return;
    }
    expect(Number.isFinite(place.startedAt)).toBe(true);
    expect(readCursor(toCursor(place))).toEqual(place);
  });
});
