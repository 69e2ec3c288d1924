import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { ListAnswer } from "./wire-list.ts";

const tools: JsonObject[] = ["größe", "b", "c"].map((name) => ({ name, inputSchema: {} }));

function answer(items: JsonObject[], rest: JsonObject = {}): ListAnswer {
  return new ListAnswer("seven", "tools/list", { ...rest, tools: [...items] });
}

test("a list is the same as text and as bytes, whatever stands beside it", () => {
  const result = { tools, ttlMs: 1, _meta: { "a/b": "ü" } };
  const made = answer(tools, { ttlMs: 1, _meta: { "a/b": "ü" } });
  expect(JSON.parse(`${made}`)).toEqual({ jsonrpc: "2.0", id: "seven", result });
  expect(Buffer.concat(made.toBytes()).toString()).toBe(`${made}`);
});

test("the bytes are the same for everybody who is shown the same", () => {
  const [, first] = answer(tools).toBytes();
  const [, some] = answer(tools.slice(0, 2)).toBytes();
  expect(answer(tools, { ttlMs: 1 }).toBytes()[1]).toBe(first);
  expect(answer(tools.slice(0, 2)).toBytes()[1]).toBe(some);
  expect(some).not.toBe(first);
});

test("a definition that is another makes other bytes, in whatever place", () => {
  for (const index of tools.keys()) {
    const changed = tools.with(index, { name: "changed" });
    expect(`${answer(changed)}`).toContain('{"name":"changed"}');
    expect(`${answer(tools)}`).not.toContain("changed");
  }
});

test("a list of nothing is a list", () => {
  const text = `${new ListAnswer(1, "resources/templates/list", { resourceTemplates: [] })}`;
  expect(JSON.parse(text).result).toEqual({ resourceTemplates: [] });
});
