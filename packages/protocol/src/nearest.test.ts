import { expect, test } from "vitest";
import { nearestName } from "./nearest.ts";

test("a misspelt name finds the one that was meant, and nothing where none is near", () => {
  const known = ["github__create_issue", "github__list_issues", "notes__read"];
  expect(nearestName("github__creat_isue", known)).toBe("github__create_issue");
  expect(nearestName("NOTES__READ", known)).toBe("notes__read");
  expect(nearestName("weather__today", known)).toBeUndefined();
  expect(nearestName("", known)).toBeUndefined();
});

test("a name that is made to be slow to compare is not compared", () => {
  const long = "n".repeat(1_000_000);
  const started = performance.now();
  expect(nearestName(long, [`${long}m`, "notes__read"])).toBeUndefined();
  expect(nearestName("notes__reed", [long, "notes__read"])).toBe("notes__read");
  expect(performance.now() - started).toBeLessThan(5_000);
});
