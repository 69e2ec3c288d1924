import { styleText } from "node:util";
import { expect, test } from "vitest";
import { harmless } from "./harmless.ts";

test("what servers write does nothing on a terminal", () => {
  expect(harmless("a\u001b[2J\u001b]0;title\u0007b")).toBe("a\\u{1b}[2J\\u{1b}]0;title\\u{7}b");
  expect(harmless("read \u001b[8mand delete\u001b[0m")).not.toContain("\u001b");
  expect(harmless("never seen\rread")).toBe("never seen\\u{d}read");
  expect(harmless("\u009b31m, \u202Edaer")).toBe("\\u{9b}31m, \\u{202e}daer");
});

test("our own colours, line ends and every script stay", () => {
  const styles = ["red", "green", "yellow", "dim", "bold"] as const;
  const own = styles.map((style) => styleText(style, style, { validateStream: false })).join(" ");
  expect(harmless(own)).toBe(own);
  const text = "one\ttwo\r\nthree\nwięcej می‌خواهم \u{1F468}\u200D\u{1F469} ❤️";
  expect(harmless(text)).toBe(text);
});
