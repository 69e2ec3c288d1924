import { expect, test } from "vitest";
import { parseUriTemplate } from "./uri-template.ts";

test("a simple variable stays within one segment and is decoded", () => {
  const template = parseUriTemplate("notes://{year}/{id}.txt");
  expect(template.variables).toEqual(["year", "id"]);
  expect(template.match("notes://2026/a%20b.txt")).toEqual({ year: "2026", id: "a b" });
  expect(template.match("notes://2026/a/b.txt")).toBeUndefined();
  expect(template.match("notes://2026/axtxt")).toBeUndefined();
});

test("a reserved variable takes the rest, slashes included", () => {
  const template = parseUriTemplate("file:///{+path}");
  expect(template.match("file:///a/b/c.txt")).toEqual({ path: "a/b/c.txt" });
  expect(template.match("file:///")).toBeUndefined();
});

test("what cannot be decoded is kept as it is", () => {
  expect(parseUriTemplate("x://{a}").match("x://%zz")).toEqual({ a: "%zz" });
});
