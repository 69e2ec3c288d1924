import { describe, expect, test } from "vitest";
import { createModernHeaders, encodeHeader } from "./modern-headers.ts";

const property = (header: unknown) => ({ type: "string", "x-mcp-header": header });

function headersOf(properties: object, args: object) {
  const headers = createModernHeaders();
  headers.observe("tools/list", {
    tools: [{ name: "t", inputSchema: { type: "object", properties } as never }],
  });
  return headers.headersFor("tools/call", { name: "t", arguments: args as never });
}

test("the method and what it names stand in headers", () => {
  const { headersFor } = createModernHeaders();
  expect(headersFor("tools/list", {})).toEqual({ "mcp-method": "tools/list" });
  expect(headersFor("prompts/get", { name: "p" })).toMatchObject({ "mcp-name": "p" });
  expect(headersFor("resources/read", { uri: "a://b" })).toMatchObject({ "mcp-name": "a://b" });
});

describe("marked arguments", () => {
  test("are repeated, also nested ones and those that are no strings", () => {
    const properties = {
      region: property("Region"),
      limit: { type: "integer", "x-mcp-header": "Limit" },
      deep: { type: "object", properties: { flag: { type: "boolean", "x-mcp-header": "Flag" } } },
      plain: { type: "string" },
    };
    const args = { region: "eu", limit: 3, deep: { flag: true }, plain: "x" };
    expect(headersOf(properties, args)).toEqual({
      "mcp-method": "tools/call",
      "mcp-name": "t",
      "mcp-param-region": "eu",
      "mcp-param-limit": "3",
      "mcp-param-flag": "true",
    });
  });

  test("are left out where they are absent", () => {
    expect(headersOf({ region: property("Region") }, { region: null })).not.toHaveProperty(
      "mcp-param-region",
    );
  });

  test.each([
    ["a name that is no header", { a: property("not a token") }],
    ["one name twice", { a: property("Same"), b: property("same") }],
  ])("are all left out with %s", (_what, properties) => {
    expect(Object.keys(headersOf(properties, { a: "1", b: "2" }))).toEqual([
      "mcp-method",
      "mcp-name",
    ]);
  });
});

test.each([
  ["plain text", "plain text"],
  ["", "=?base64??="],
  [" padded", "=?base64?IHBhZGRlZA==?="],
  ["Zürich", "=?base64?WsO8cmljaA==?="],
  ["line\nbreak", "=?base64?bGluZQpicmVhaw==?="],
  ["=?base64?eA==?=", "=?base64?PT9iYXNlNjQ/ZUE9PT89?="],
])("%j travels as %j", (value, header) => {
  expect(encodeHeader(value)).toBe(header);
});
