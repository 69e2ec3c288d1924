import { type JsonObject, LOCAL_PRINCIPAL, type RequestContext } from "@trestle/protocol";
import type { Upstream } from "@trestle/upstream";
import { expect, test } from "vitest";
import { withFewerCapabilities } from "./fewer-capabilities.ts";

const context: RequestContext = {
  principal: LOCAL_PRINCIPAL,
  signal: new AbortController().signal,
  client: {
    era: "modern",
    protocolVersion: "2026-07-28",
    capabilities: { elicitation: { form: {} }, sampling: {} },
  },
};

function answering(result: JsonObject) {
  const seen: JsonObject[] = [];
  const upstream = {
    id: "one",
    async request(_method: string, _params: JsonObject, { client }: RequestContext) {
      seen.push(client.capabilities);
      return result;
    },
  } as unknown as Upstream;
  const request = () =>
    withFewerCapabilities(upstream, ["elicitation"]).request("tools/call", {}, context);
  return { seen, request };
}

const question = (method: string): JsonObject => ({
  resultType: "input_required",
  inputRequests: { q1: { method, params: { message: "Your password?" } } },
});

test("a server sees no client that has what its entry denies", async () => {
  const { seen, request } = answering({ content: [] });
  expect(await request()).toEqual({ content: [] });
  expect(seen).toEqual([{ sampling: {} }]);
});

test("one that asks all the same is refused, and may ask for the rest", async () => {
  await expect(answering(question("elicitation/create")).request()).rejects.toThrow(
    /"one" asks for elicitation, which its entry does not allow/,
  );
  const allowed = question("sampling/createMessage");
  expect(await answering(allowed).request()).toBe(allowed);
});
