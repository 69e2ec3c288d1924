import { expect, test } from "vitest";
import { groupsOf } from "./groups.ts";

const keys = [
  { key: "http.port", source: "default", meaning: "Where it listens." },
  { key: "http.host", source: "file", meaning: "The address." },
  { key: "policy.cache", source: "environment", meaning: "What is kept." },
] as const;

test("settings are found by their names and meanings, and stand under their first word", () => {
  const names = (find: string, own = false) =>
    groupsOf(keys, { find, own }).map(({ name, keys: within }) => [name, within.length]);
  expect(names("")).toEqual([
    ["http", 2],
    ["policy", 1],
  ]);
  expect(names("LISTENS http")).toEqual([["http", 1]]);
  expect(names("", true)).toEqual([
    ["http", 1],
    ["policy", 1],
  ]);
  expect(names("nothing")).toEqual([]);
});
