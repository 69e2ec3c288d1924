import { describe, expect, test } from "vitest";
import { type ShapedTools, shapeTools, type ToolRules } from "./shape.ts";

const shape = (names: string[], rules?: ToolRules): ShapedTools =>
  shapeTools(
    names.map((name) => ({ name })),
    rules,
  );
const names = (all: string[], rules?: ToolRules): unknown[] =>
  shape(all, rules).tools.map(({ name }) => name);

describe("the tools of a server", () => {
  const all = ["get_user", "get_team", "drop_user"];

  test("are all served where nothing is said", () => {
    expect(names(all)).toEqual(all);
  });

  test("are those that are allowed and not denied", () => {
    expect(names(all, { allow: ["get_*"] })).toEqual(["get_user", "get_team"]);
    expect(names(all, { deny: ["*_user"] })).toEqual(["get_team"]);
    expect(names(all, { allow: ["get_*"], deny: ["*_user"] })).toEqual(["get_team"]);
    expect(names(all, { allow: [] })).toEqual([]);
  });

  test("are called as asked", () => {
    const { renamed, warnings } = shape(all, { rename: { get_user: "user" } });
    expect(Object.fromEntries(renamed)).toEqual({ get_user: "user" });
    expect(warnings).toEqual([]);
  });

  test("may swap their names", () => {
    const { renamed, warnings } = shape(["a", "b"], { rename: { a: "b", b: "a" } });
    expect(Object.fromEntries(renamed)).toEqual({ a: "b", b: "a" });
    expect(warnings).toEqual([]);
  });

  test("keep their names where the new one is another's", () => {
    const { renamed, warnings } = shape(all, {
      rename: { get_user: "get_team", drop_user: "x", get_teem: "y" },
    });
    expect(Object.fromEntries(renamed)).toEqual({ drop_user: "x" });
    expect(warnings).toEqual([
      'tools.rename: "get_user" keeps its name: another tool is called "get_team"',
      'tools.rename: it serves no tool "get_teem"; did you mean "get_team"?',
    ]);
    expect(shape(["a", "b"], { rename: { a: "x", b: "x" } }).warnings).toHaveLength(1);
  });

  test("may take a name that a tool had which is not served", () => {
    const { renamed } = shape(["a", "b"], { deny: ["b"], rename: { a: "b" } });
    expect(renamed.get("a")).toBe("b");
  });
});
