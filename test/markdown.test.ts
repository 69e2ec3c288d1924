import { expect, test } from "vitest";
import { codeBlocks } from "./_markdown.ts";

test("a block carries its language, marks, text and line", () => {
  const page = ["# Title", "", "```sh tour background", "one", "  two", "```", "after"].join("\n");
  expect(codeBlocks(page)).toEqual([
    { language: "sh", marks: ["tour", "background"], text: "one\n  two", line: 3 },
  ]);
});

test("a block inside a list loses the indentation of its fence and no more", () => {
  const page = ["- item", "", "  ```sh", "  one", "    two", "  ```"].join("\n");
  expect(codeBlocks(page)[0]?.text).toBe("one\n  two");
});

test("a longer fence may hold a shorter one", () => {
  const page = ["````md", "```sh", "inner", "```", "````", "```", "plain", "```"].join("\n");
  expect(codeBlocks(page).map((block) => block.text)).toEqual(["```sh\ninner\n```", "plain"]);
});

test("tildes fence as well, and are not closed by backticks", () => {
  expect(codeBlocks("~~~ts\n```\n~~~")[0]).toMatchObject({ language: "ts", text: "```" });
});

test("inline code of three backticks opens nothing", () => {
  expect(codeBlocks("```not a block``` here\ntext")).toEqual([]);
});

test("a block that is never closed reaches to the end of the page", () => {
  expect(codeBlocks("```sh\none\ntwo")[0]?.text).toBe("one\ntwo");
});

test("line ends of Windows are no part of a block", () => {
  expect(codeBlocks("```sh\r\none\r\n```\r\n")[0]?.text).toBe("one");
});
