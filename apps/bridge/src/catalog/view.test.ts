import type { JsonObject } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { prefixedUris } from "./uris.ts";
import { buildView, changesSince, type SourceLists, type View } from "./view.ts";

const nothing = { tools: [], prompts: [], resources: [], templates: [] };
const view = (...lists: (Partial<SourceLists> & { id: string })[]): View =>
  buildView(
    lists.map((list) => ({ ...nothing, ...list })),
    { prefix: "always", maxLength: 45 },
    prefixedUris,
  );
const tool = (extra: JsonObject = {}): JsonObject => ({
  x: 1,
  name: "t",
  inputSchema: { type: "object" },
  ...extra,
});

describe("buildView", () => {
  test("shows a tool under its exposed name with every field in its place", () => {
    const { tools } = view({ id: "a", tools: [tool({ _meta: { big: 1 } })] });
    expect(JSON.stringify(tools.get("a__t")?.definition)).toBe(
      '{"x":1,"name":"a__t","inputSchema":{"type":"object"},"_meta":{"big":1}}',
    );
  });

  test("leaves out what has no name", () => {
    expect(view({ id: "a", tools: [{ name: 5 }, {}] }).tools.size).toBe(0);
  });

  test("takes a missing hint for the cautious answer", () => {
    const hints = (annotations?: JsonObject) =>
      view({ id: "a", tools: [tool(annotations && { annotations })] }).tools.get("a__t")?.hints;
    const cautious = { readOnly: false, destructive: true, idempotent: false, openWorld: true };
    expect(hints()).toEqual(cautious);
    expect(hints({ readOnlyHint: "yes", destructiveHint: null })).toEqual(cautious);
    expect(
      hints({
        readOnlyHint: true,
        destructiveHint: false,
        idempotentHint: true,
        openWorldHint: false,
      }),
    ).toEqual({
      readOnly: true,
      destructive: false,
      idempotent: true,
      openWorld: false,
    });
  });

  test("hashes the server's own definition, whatever the order of its keys", () => {
    const hash = (definition: JsonObject): string | undefined =>
      view({ id: "a", tools: [definition] }).tools.get("a__t")?.hash;
    expect(hash({ name: "t", inputSchema: {} })).toBe(hash({ inputSchema: {}, name: "t" }));
    expect(hash({ name: "t", inputSchema: {} })).not.toBe(
      hash({ name: "t", inputSchema: { a: 1 } }),
    );
  });

  test.each([
    [true, {}],
    [true, { outputSchema: { type: "object" } }],
    [false, { outputSchema: { type: "array" } }],
    [false, { outputSchema: { anyOf: [] } }],
    [false, { inputSchema: { properties: { a: { properties: { b: { "x-mcp-header": "B" } } } } } }],
  ])("says %s to the question whether %j is plain", (plain, extra) => {
    expect(view({ id: "a", tools: [tool(extra)] }).tools.get("a__t")?.isPlain).toBe(plain);
  });

  test("gives a resource to the first server that lists it", () => {
    const resources = [{ uri: "demo://a", name: "A" }];
    const { resourceOwners, resources: all } = view({ id: "a", resources }, { id: "b", resources });
    expect(resourceOwners.get("demo://a")).toBe("a");
    expect(all.map(({ uri }) => uri)).toEqual(["a+demo://a", "b+demo://a"]);
  });
});

test("changesSince names only the lists that differ", () => {
  const before = view({ id: "a", tools: [tool()] });
  expect(changesSince(before, view({ id: "a", tools: [tool()] }))).toEqual([]);
  expect(changesSince(before, view({ id: "a" }))).toEqual([{ kind: "toolsChanged" }]);
  expect(
    changesSince(before, view({ id: "a", tools: [tool()], prompts: [{ name: "p" }] })),
  ).toEqual([{ kind: "promptsChanged" }]);
  expect(
    changesSince(before, view({ id: "a", tools: [tool()], templates: [{ uriTemplate: "t" }] })),
  ).toEqual([{ kind: "resourcesChanged" }]);
});
