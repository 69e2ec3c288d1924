import { expect, test } from "vitest";
import { createTail } from "./tail.ts";

test("keeps the last lines within bounds, also an unfinished one", () => {
  const tail = createTail();
  for (let line = 1; line <= 100; line += 1) tail.push(`line ${line}\n`);
  tail.push("unfin");
  tail.push("ished");
  expect(tail.lines()).toHaveLength(50);
  expect(tail.lines().at(-1)).toBe("unfinished");
  expect(tail.lines().at(-2)).toBe("line 100");
});

test("a line without end does not grow without end", () => {
  const tail = createTail();
  for (let chunk = 0; chunk < 100; chunk += 1) tail.push("x".repeat(1024));
  expect(tail.lines().join("").length).toBe(16 * 1024);
});
