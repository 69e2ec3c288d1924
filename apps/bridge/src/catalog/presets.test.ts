import { expect, test } from "vitest";
import { hidePreset, presetOf, withPreset } from "./presets.ts";

const tool = { server: "s", name: "t" };
const given = (args: object) => ({ arguments: args as never, _meta: {} });

test("a call without a preset is handed on as it is", () => {
  const params = given({ a: 1 });
  expect(withPreset(params, tool)).toBe(params);
});

test("what everybody inherits is no argument, and equal values are the same however they are written", () => {
  const preset = presetOf({ force: { constructor: "x", filter: { a: 1, b: [2] } } });
  const filled = { constructor: "x", filter: { a: 1, b: [2] } };
  expect(withPreset(given({}), { ...tool, preset }).arguments).toEqual(filled);
  const same = given({ filter: { b: [2], a: 1 } });
  expect(withPreset(same, { ...tool, preset }).arguments).toEqual(filled);
  expect(() => withPreset(given({ filter: { a: 2 } }), { ...tool, preset })).toThrow(/"filter"/);
});

test("a default stands back behind whatever was given, null included", () => {
  const preset = presetOf({ default: { a: 1, b: 2 } });
  const params = withPreset(given({ a: null }), { ...tool, preset });
  expect(params).toEqual({ arguments: { a: null, b: 2 }, _meta: {} });
});

test("a schema without properties, or of another kind, is left as it is", () => {
  const preset = presetOf({ force: { a: 1 } });
  for (const definition of [{}, { inputSchema: true }, { inputSchema: { type: "object" } }]) {
    expect(hidePreset(definition, preset)).toEqual(definition);
  }
});

test("what depends on a hidden argument is no longer asked for", () => {
  const inputSchema = {
    properties: { a: {}, b: {} },
    required: ["a"],
    dependentRequired: { a: ["b"], b: ["a"] },
    allOf: [{ required: ["a", "b"], properties: { a: { const: 1 } } }],
  };
  expect(hidePreset({ inputSchema }, presetOf({ default: { a: 1 } })).inputSchema).toEqual({
    properties: { b: {} },
    dependentRequired: { b: [] },
    allOf: [{ required: ["b"], properties: {} }],
  });
});
