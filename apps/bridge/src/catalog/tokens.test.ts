import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { readTools } from "./_recall.ts";
import { listingCosts, tokensOf } from "./tokens.ts";

const definitions = [...readTools().values()].map(({ definition }) => definition);
const carriers: JsonObject[] = ["find", "describe", "call"].map((name) => ({
  name,
  description: "x".repeat(600),
}));

test("four ASCII characters are a token, and so is every other character", () => {
  expect(tokensOf("abcdef")).toBe(2);
  expect(tokensOf("größe")).toBe(4);
  expect(tokensOf("東京")).toBe(3);
});

test("searching pays for many tools, and costs more for a few", () => {
  const many = listingCosts(definitions, carriers);
  expect(many.full).toBeGreaterThan(20_000);
  expect(many.search).toBeLessThan(many.full / 2);
  const few = listingCosts(definitions.slice(0, 12), carriers);
  expect(few.search).toBeGreaterThan(few.full);
});

test("what searching costs hardly grows with the number of tools", () => {
  const all = listingCosts(definitions, carriers).search;
  const twice = listingCosts([...definitions, ...definitions], carriers).search;
  expect(Math.abs(twice - all)).toBeLessThan(all * 0.02);
});

test("nothing to list costs nothing", () => {
  expect(listingCosts([], carriers).full).toBe(0);
});
