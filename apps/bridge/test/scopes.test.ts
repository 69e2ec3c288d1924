import type { JsonObject, RequestContext } from "@trestle/protocol";
import { LOCAL_PRINCIPAL, MODERN_VERSION, TRESTLE_META } from "@trestle/protocol";
import { expect, test } from "vitest";
import { type CoreUnderTest, keyOf, startCore } from "./_core.ts";

/** What scopes keep from a caller besides the tools they do not name. */

function ask({ bridge }: CoreUnderTest, method: string, params: JsonObject, who: Who) {
  const context: RequestContext = {
    signal: new AbortController().signal,
    client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} },
    ...who,
  };
  return bridge.instance.request(method, params, context);
}
type Who = ReturnType<typeof keyOf>;

const uri = "one+note://one";

test.each([
  ["resources/read", { uri }],
  ["resources/subscribe", { uri }],
  [
    "completion/complete",
    { ref: { type: "ref/resource", uri }, argument: { name: "a", value: "" } },
  ],
])("%s takes a scope that covers it", async (method, params) => {
  const core = await startCore();
  const asBy = (scopes?: readonly string[]) =>
    ask(core, method, params as JsonObject, keyOf("key:a", scopes)).then(
      () => "answered",
      (error: { code: unknown }) => error.code,
    );
  expect(await asBy(["one:echo:read", "two:*"])).toBe("denied");
  expect(await asBy(["one:*:write"])).toBe("denied");
  await ask(core, method, params as JsonObject, { principal: LOCAL_PRINCIPAL }).catch(() => {});
  expect(await asBy(["one:echo:read"])).toBe("denied");
  for (const enough of [undefined, ["one:*:read"], ["*:*"], [`one:${method}`]]) {
    expect(await asBy(enough)).not.toBe("denied");
  }
});

test("who acts with some of the rights of this machine's user sees only what it did itself", async () => {
  const { ask, call } = await startCore();
  await call("one__echo", { text: "of a key" }, keyOf("key:a"));
  const narrowed = { principal: { ...LOCAL_PRINCIPAL, scopes: ["one:echo"] } };
  const seen = await ask("history", {}, narrowed);
  expect(JSON.stringify(seen)).not.toContain("of a key");
  expect(JSON.stringify(await ask("history"))).toContain("of a key");
});

test("an answer is not handed on to the same caller with other scopes", async () => {
  const core = await startCore();
  const control = { [TRESTLE_META.control]: { use_cache: true } };
  const cachedFor = async (scopes: readonly string[]) => {
    const params = { name: "one__read", arguments: {}, _meta: control };
    const { _meta: meta } = await ask(core, "tools/call", params, keyOf("key:a", scopes));
    return ((meta as JsonObject)[TRESTLE_META.call] as JsonObject).cached;
  };
  expect(await cachedFor(["one:*"])).toBe(false);
  expect(await cachedFor(["one:*"])).toBe(true);
  expect(await cachedFor(["one:read"])).toBe(false);
});
