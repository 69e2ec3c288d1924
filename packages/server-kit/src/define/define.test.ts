import { SERVER_ABI, SERVER_MARK } from "@trestle/protocol";
import { expect, test } from "vitest";
import * as z from "zod";
import { defineResource } from "./resource.ts";
import { checkServerDefinition, defineServer } from "./server.ts";
import { defineTool, type Hints, type ToolSpec } from "./tool.ts";

const reads: Hints = { readOnly: true, destructive: false, idempotent: true, openWorld: false };

test("a tool name that some host would refuse is refused here", () => {
  for (const name of ["", "Run", "run-sql", "x".repeat(33)]) {
    expect(() => tool({ name })).toThrow("must be 1 to 32 lower-case letters");
  }
});

test("an alias is spelt as people know it, and a name that no client could send is refused", () => {
  expect(tool({ aliases: ["listTables", "execute-sql"] }).aliases).toHaveLength(2);
  for (const alias of ["", "list tables", "x".repeat(65)]) {
    expect(() => tool({ aliases: [alias] })).toThrow(`Alias "${alias}" of tool "look" must be`);
  }
});

test("an argument is taken by its other name, and an alias that leads nowhere is refused", () => {
  const input = z.object({ sql: z.string().optional() });
  const aliased = tool({ input, argumentAliases: { query: "sql" } });
  expect(aliased.parse({ query: "x" })).toEqual({ sql: "x" });
  expect(() => aliased.parse({ query: "x", sql: "y" })).toThrow("query");
  expect(JSON.stringify(aliased.describe())).not.toContain("query");
  expect(() => tool({ input, argumentAliases: { query: "nope" } })).toThrow('no argument "nope"');
  expect(() => tool({ input, argumentAliases: { sql: "sql" } })).toThrow('alias "sql"');
});

test("a tool that writes may not declare a cache", () => {
  expect(() => tool({ hints: { ...reads, readOnly: false }, cache: { ttl: 5 } })).toThrow(
    "only a read-only tool may be cached",
  );
});

test("hints that contradict each other or are missing are refused", () => {
  expect(() => tool({ hints: { ...reads, destructive: true } })).toThrow("choose one");
  expect(() => tool({ hints: { readOnly: true } as Hints })).toThrow(
    'does not state the hint "destructive"',
  );
});

test("two tools of one name, or an alias that is taken, are refused", () => {
  expect(() => server([tool({}), tool({})])).toThrow('Two tools are called "look"');
  expect(() => server([tool({}), tool({ name: "see", aliases: ["look"] })])).toThrow('"look"');
});

test("a resource has either a uri or a template", () => {
  expect(() => defineResource({ name: "x", read: () => [] })).toThrow(
    "either a uri or a uriTemplate",
  );
});

test("a definition is marked, and summarises its tools", () => {
  const definition = server([tool({ cache: { ttl: 60 } }), tool({ name: "more", profile: "all" })]);
  expect(definition[SERVER_MARK]).toBe(true);
  expect(definition.abi).toBe(SERVER_ABI);
  expect(definition.tools).toEqual([
    { name: "look", profile: "core", readOnly: true, cacheTtl: 60 },
    { name: "more", profile: "all", readOnly: true },
  ]);
  expect(definition.needsNoCredentials).toBe(true);
});

test("a host refuses what is no definition, and another abi, with a sentence", () => {
  const definition = server([]);
  expect(checkServerDefinition(definition)).toBe(definition);
  expect(() => checkServerDefinition({})).toThrow("not a Trestle server");
  expect(() => checkServerDefinition({ ...definition, abi: 2 })).toThrow("abi 2");
});

function tool(changes: Partial<ToolSpec<z.ZodObject, z.ZodObject, unknown>>) {
  return defineTool<z.ZodObject, z.ZodObject>({
    name: "look",
    title: "Look",
    description: "Looks.",
    input: z.object({}),
    output: z.object({}),
    hints: reads,
    run: () => ({}),
    ...changes,
  });
}

function server(tools: ReturnType<typeof tool>[]) {
  return defineServer({ name: "s", title: "S", version: "1.0.0", description: "d", tools });
}
