import { type Era, LOCAL_PRINCIPAL, type RequestContext, RpcError } from "@trestle/protocol";
import { expect, test } from "vitest";
import { keptPrivate, toEraError } from "./resource-answers.ts";

const contextOf = (era: Era): RequestContext => ({
  principal: LOCAL_PRINCIPAL,
  signal: new AbortController().signal,
  client: { era, protocolVersion: "", capabilities: {} },
});

test("a missing resource has the code of the client's era, and the server's words and data", () => {
  const error = new RpcError(-32_002, "No such note", { uri: "note://a" });
  expect(toEraError(error, contextOf("legacy"))).toBe(error);
  expect(toEraError(error, contextOf("modern"))).toMatchObject({
    code: -32_602,
    message: "No such note",
    data: { uri: "note://a" },
  });
});

test("other failures stay as they are", () => {
  for (const error of [new RpcError(-32_001, "x"), new Error("-32002"), "gone"])
    expect(toEraError(error, contextOf("modern"))).toBe(error);
});

test("what a server lets everybody keep, a client behind the bridge keeps for itself", () => {
  const result = { contents: [], ttlMs: 5, cacheScope: "public" };
  expect(keptPrivate(result)).toEqual({ ...result, cacheScope: "private" });
  const own = { contents: [] };
  expect(keptPrivate(own)).toBe(own);
});
