import { expect, test } from "vitest";
import { bridgeSchema } from "./schema.ts";

const faultsOf = (catalog: object) =>
  bridgeSchema
    .safeParse({ catalog })
    .error?.issues.map(({ path, message }) => [path.join("."), message]) ?? [];

test("what lists only the bridge's own tools refuses to go without them", () => {
  const off = { tools: { own: "off" } };
  const needs = /needs the bridge's own tools: set catalog\.tools\.own to "hidden"/;
  expect(faultsOf({ ...off, mode: "search" })).toEqual([
    ["catalog.mode", expect.stringMatching(needs)],
  ]);
  expect(faultsOf({ ...off, profiles: { robots: { mode: "auto" } } })).toEqual([
    ["catalog.profiles.robots.mode", expect.stringMatching(needs)],
  ]);
  expect(faultsOf({ ...off, profiles: { robots: { mode: "full", tools: ["a__*"] } } })).toEqual([]);
  expect(faultsOf({ mode: "search", tools: { own: "hidden" } })).toEqual([]);
});

test("an unknown key of a profile or of an argument's rule is an error", () => {
  expect(faultsOf({ profiles: { a: { client: ["x"] } } })).toHaveLength(1);
  expect(faultsOf({ auto: { tokens: 5 } })).toHaveLength(1);
});
