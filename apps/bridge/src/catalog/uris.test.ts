import type { JsonObject } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { belongsTo, prefixedUris, rewriteContent, rewriteToolMeta, sameUris } from "./uris.ts";

describe("prefixedUris", () => {
  test.each([
    ["everything", "demo://a/b?c#d", "everything+demo://a/b?c#d"],
    ["everything", "demo://{id}/x", "everything+demo://{id}/x"],
    ["apps", "ui://page/1", "ui://apps/page/1"],
    ["1st", "file:///a", "x.1st+file:///a"],
    ["-a", "a+b:c", "x.-a+a+b:c"],
    ["odd", "no scheme at all", "odd+no scheme at all"],
    ["odd", "", "odd+"],
  ])("of %s makes %s into %s and back", (server, original, exposed) => {
    const uris = prefixedUris(server);
    expect(uris.toExposed(original)).toBe(exposed);
    expect(uris.toOriginal(exposed)).toBe(original);
    expect(belongsTo(exposed, server)).toBe(true);
  });

  test("leaves an address alone that it did not make", () => {
    expect(prefixedUris("a").toOriginal("b+demo://x")).toBe("b+demo://x");
    expect(belongsTo("b+demo://x", "a")).toBe(false);
  });

  test("keeps a server apart whose id looks like another's address", () => {
    expect(belongsTo(prefixedUris("1").toExposed("demo://a"), "x1")).toBe(false);
    expect(belongsTo(prefixedUris("ab").toExposed("demo://a"), "a")).toBe(false);
  });
});

describe("rewriteContent", () => {
  const uris = prefixedUris("a");

  test("changes links and embedded resources, and nothing else", () => {
    const result: JsonObject = {
      z: { uri: "demo://untouched" },
      content: [
        { type: "text", text: "demo://1", uri: "demo://1" },
        { name: "n", uri: "demo://1", type: "resource_link" },
        { type: "resource", resource: { text: "", uri: "demo://2", x: 1 }, x: 2 },
        { type: "resource" },
        "odd",
      ],
      a: 1,
    };
    const after = rewriteContent(result, uris);
    expect(JSON.stringify(after)).toBe(
      JSON.stringify(result)
        .replace(
          '"uri":"demo://1","type":"resource_link"',
          '"uri":"a+demo://1","type":"resource_link"',
        )
        .replace('"uri":"demo://2"', '"uri":"a+demo://2"'),
    );
  });

  test("changes what prompts carry, in one block or several", () => {
    const link = (uri: string): JsonObject => ({ type: "resource_link", uri, name: "n" });
    const messages = [
      { role: "user", content: link("demo://1") },
      { role: "user", content: [link("demo://2")] },
      { role: "user" },
    ];
    expect(rewriteContent({ messages }, uris)).toEqual({
      messages: [
        { role: "user", content: link("a+demo://1") },
        { role: "user", content: [link("a+demo://2")] },
        { role: "user" },
      ],
    });
  });

  test("gives back the very result where there is nothing to change", () => {
    const result = { content: [{ type: "text", text: "x" }] };
    expect(rewriteContent(result, uris)).toBe(result);
    expect(rewriteContent({ content: "odd" }, uris)).toEqual({ content: "odd" });
    const linked = { content: [{ type: "resource_link", uri: "demo://1" }] };
    expect(rewriteContent(linked, sameUris)).toBe(linked);
  });
});

test("rewriteToolMeta follows the page of an MCP App", () => {
  const tool = {
    _meta: { x: 1, ui: { resourceUri: "ui://page", visibility: ["model"] } },
    name: "t",
  };
  expect(JSON.stringify(rewriteToolMeta(tool, prefixedUris("a")))).toBe(
    JSON.stringify(tool).replace("ui://page", "ui://a/page"),
  );
  const plain = { name: "t", _meta: { ui: "odd" } };
  expect(rewriteToolMeta(plain, prefixedUris("a"))).toBe(plain);
});
