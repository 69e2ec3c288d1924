import { LOCAL_PRINCIPAL } from "@trestle/protocol";
import { expect, test } from "vitest";
import { withEnvelope, withoutHopKeys } from "./meta.ts";

const signal = new AbortController().signal;

test("parameters without keys of a hop are passed on as they are", () => {
  const params = { name: "t", _meta: { traceparent: "00-1" } };
  expect(withoutHopKeys(params)).toBe(params);
});

test("the envelope declares only what a bridge relays, in our own name", () => {
  const capabilities = { elicitation: { form: {} }, extensions: { x: {} }, tasks: {} };
  const client = { era: "modern", protocolVersion: "2026-07-28", capabilities } as const;
  const context = { principal: LOCAL_PRINCIPAL, signal, client, logLevel: "info" };
  const params = { _meta: { "io.modelcontextprotocol/logLevel": "debug", tracestate: "a=b" } };
  expect(withEnvelope(params, { name: "us" }, context)._meta).toEqual({
    tracestate: "a=b",
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": { elicitation: { form: {} } },
    "io.modelcontextprotocol/clientInfo": { name: "us" },
    "io.modelcontextprotocol/logLevel": "info",
  });
});
