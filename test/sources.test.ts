import { expect, test } from "vitest";
import { parseSource } from "./_sources.ts";

test("every way to name another module is an import", () => {
  const text = [
    'import { a } from "one";',
    'import type { B } from "two";',
    'import "three";',
    'export { c } from "four";',
    'export type { D } from "five";',
    'const e = await import("six");',
    "const f = await import(`./${name}.ts`);",
  ].join("\n");
  expect(parseSource("x.ts", text).imports).toEqual(["one", "two", "three", "four", "five", "six"]);
});

test("a default export is seen in each of its forms", () => {
  const forms = ["export default 1;", "const a = 1; export { a as default };"];
  expect(forms.map((text) => parseSource("x.ts", text).hasDefaultExport)).toEqual([true, true]);
  expect(parseSource("x.ts", "export const a = 1;").hasDefaultExport).toBe(false);
});

test("functions are counted from first to last line, inner ones too, under the nearest name", () => {
  const text = [
    "export function outer() {",
    "  const inner = () => {",
    "    return 1;",
    "  };",
    "  return inner;",
    "}",
    "class Thing {",
    "  run() { return 1; }",
    "}",
  ].join("\n");
  expect(parseSource("x.ts", text).functions).toEqual([
    { name: "outer", line: 1, lines: 6, ownLines: 6 },
    { name: "inner", line: 2, lines: 3, ownLines: 3 },
    { name: "run", line: 8, lines: 1, ownLines: 1 },
  ]);
});

test("what is declared in a function, and a method it returns, is not among its own lines", () => {
  const text = [
    "function outer() {",
    "  list.map((each) => {",
    "    function inside() {",
    "      return each;",
    "    }",
    "    return inside;",
    "  });",
    "  return {",
    "    method() {",
    "      return 1;",
    "    },",
    "  };",
    "}",
  ].join("\n");
  const own = parseSource("x.ts", text).functions.map(({ name, ownLines }) => [name, ownLines]);
  expect(own).toEqual([
    ["outer", 7],
    ["outer", 3],
    ["inside", 3],
    ["method", 3],
  ]);
});

test("a file that is no TypeScript is named", () => {
  expect(() => parseSource("broken.ts", "const = ;")).toThrow("broken.ts cannot be parsed");
});
