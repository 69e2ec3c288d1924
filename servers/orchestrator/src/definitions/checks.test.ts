// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import { expect, test } from "vitest";
import { checkInput, checkInputSchema } from "./check-input.ts";
import { readDefinition } from "./read.ts";
import { toPlan } from "./to-plan.ts";
import { warningsOf } from "./warnings.ts";

const steps = [{ server: "s", tool: "t" }];
const withInput = (properties: object, more: object = {}) =>
  readDefinition({ id: "w", steps, input: { type: "object", properties, ...more } });

test("an input that is not what the schema asks for is refused, place by place", async () => {
  const definition = withInput(
    { to: { type: "string", minLength: 1 }, count: { type: "integer" }, how: { enum: ["a", "b"] } },
    { required: ["to", "count"] },
  );
  await checkInput(definition, { to: "x", count: 1 });
  await expect(checkInput(definition, { to: "", count: "1", how: "c" })).rejects.toThrow(
    /^The input of "w": to must NOT have fewer than 1 characters; count must be integer; how must be one of \["a","b"\]$/,
  );
  await expect(checkInput(definition, {})).rejects.toThrow("lacks to; lacks count");
});

test("defaults count as given", async () => {
  const definition = withInput({ to: { type: "string", default: "me" } }, { required: ["to"] });
  await checkInput(definition, {});
  await expect(checkInput(definition, { to: 1 })).rejects.toThrow("to must be string");
});

test("plain names with values ask for nothing", async () => {
  await checkInput(readDefinition({ id: "w", steps, input: { a: 1 } }), { a: "x" });
});

test.each([
  [{ type: "strin" }, "no JSON Schema"],
  [{ $ref: "https://example.com/x.json" }, "no JSON Schema"],
  [{ type: "string", pattern: "(" }, "no JSON Schema"],
])("what is no schema is refused: %j", async (schema, problem) => {
  await expect(checkInputSchema(withInput({ a: schema }))).rejects.toThrow(problem);
});

test("older dialects and names of schemas harm nothing", async () => {
  const dialect = { $schema: "http://json-schema.org/draft-07/schema#", $id: "x", $async: true };
  for (const required of [["a"], ["a", "b"]])
    await checkInput(withInput({ a: {}, b: {} }, { ...dialect, required }), { a: 1, b: 2 });
});

test("a pattern that takes for ever is given up", async () => {
  const definition = withInput({ a: { type: "string", pattern: "^(a+)+$" } });
  const begun = performance.now();
  await expect(checkInput(definition, { a: `${"a".repeat(40)}b` })).rejects.toThrow(
    "takes longer than 100 ms",
  );
  expect(performance.now() - begun).toBeLessThan(5_000);
  await checkInput(definition, { a: "aaa" });
});

const planOf = (all: readonly object[]) => toPlan(readDefinition({ id: "w", steps: all }));

test("steps that no run comes to are told", () => {
  const plan = planOf([
    { id: "a", server: "s", tool: "t", when: "1 > 2" },
    { id: "b", server: "s", tool: "t", dependsOn: ["a"] },
    { id: "c", server: "s", tool: "t", when: "exists(${results.a})" },
    { id: "d", server: "s", tool: "t", arguments: { of: "${results.b.x}" } },
    { id: "e", server: "s", tool: "t", when: "true or ${results.c.x}" },
  ]);
  expect(warningsOf(plan)).toEqual([
    'Step "a" never runs: its when is never true',
    'Step "b" never runs: it needs "a", which never runs',
    'Step "d" never runs: it needs "b", which never runs',
  ]);
});

test("tools and arguments that nobody knows are told", () => {
  const inputSchema = {
    type: "object",
    properties: { sql: {} },
    required: ["sql"],
    additionalProperties: false,
  };
  const tools = [
    { name: "database__run_sql", inputSchema },
    { name: "alone", inputSchema: {} },
  ];
  const plan = planOf([
    { id: "a", server: "database", tool: "run_sql", arguments: { sql: "select 1" } },
    { id: "b", server: "database", tool: "runsql" },
    { id: "c", server: "databse", tool: "run_sql" },
    { id: "d", server: "database", tool: "run_sql", arguments: { query: "" } },
    { id: "e", server: "x", tool: "alone", compensate: { server: "x", tool: "y" } },
  ]);
  expect(warningsOf(plan, tools)).toEqual([
    'Step "b": "database" lists no tool "runsql"; did you mean "run_sql"?',
    'Step "c": no server "databse" lists tools at present',
    'Step "d": database.run_sql needs sql',
    'Step "d": database.run_sql knows no query',
    'Step "e": no server "x" lists tools at present',
  ]);
  const many = planOf(Array.from({ length: 30 }, () => ({ server: "y", tool: "z" })));
  expect(warningsOf(many, tools)).toHaveLength(21);
});
