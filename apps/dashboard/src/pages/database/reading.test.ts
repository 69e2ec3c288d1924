import { expect, test } from "vitest";
import { ApiFailure } from "../../api/failure.ts";
import { cellOf, completionsOf, nameOf } from "./completion.ts";
import { confirmationOf } from "./confirmation.ts";
import { fitting, schemasOf } from "./fitting.ts";
import { placeOf } from "./position.ts";

test("an error is found in its line, by characters and not by their halves", () => {
  expect(placeOf('syntax error at or near "form" (at character 11)', "select id\nform a")).toEqual({
    line: 2,
    column: 1,
    text: "form a",
  });
  expect(placeOf("no such column (at character 14)", "select '😀' + x")?.column).toBe(14);
  expect(placeOf("the server is gone", "select 1")).toBeUndefined();
});

const TABLES = [
  { schema: "public", name: "orders", columns: ["id integer", '"placed at" date'] },
  { schema: "shop", name: "items", columns: ["order_id integer"] },
];

test("tables are found by their own name first, then by their columns", () => {
  const names = (find: string, schema = "") =>
    fitting(TABLES, { find, schema }).map(({ name }) => name);
  expect(names("")).toEqual(["orders", "items"]);
  expect(names("ORDER")).toEqual(["orders", "items"]);
  expect(names("order", "shop")).toEqual(["items"]);
  expect(names("nothing")).toEqual([]);
  expect(schemasOf(TABLES)).toEqual([
    { value: "public", label: "public (1)" },
    { value: "shop", label: "shop (1)" },
  ]);
});

test("completion knows tables by the name that finds them, and columns without their types", () => {
  expect(completionsOf(TABLES)).toEqual({
    orders: ["id", '"placed at"'],
    "shop.items": ["order_id"],
  });
  expect(nameOf('"a ""b""" text')).toBe('"a ""b"""');
});

test("cells show null, texts and JSON as what they are", () => {
  expect([null, "", 0, false, { a: [1] }].map(cellOf)).toEqual([
    "null",
    "",
    "0",
    "false",
    '{"a":[1]}',
  ]);
});

test("only a question of the server is one", () => {
  const failure = (details: object) =>
    new ApiFailure("no", { code: "tool_error", status: 422, details: { ...details } });
  expect(confirmationOf(failure({ details: { confirm: "drop table a" } }))).toBe("drop table a");
  expect(confirmationOf(failure({ details: { sqlState: "42P01" } }))).toBeUndefined();
  expect(confirmationOf(new Error("no"))).toBeUndefined();
});
