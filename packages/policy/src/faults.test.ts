import { type JsonObject, RPC, RpcError, TrestleError } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createCall, writing } from "./_parts.ts";
import { isEffectUnknown, isUpstreamFault } from "./faults.ts";

const failed = (code: "unavailable" | "cancelled" | "denied", details?: JsonObject) =>
  new TrestleError(code, code, details === undefined ? {} : { details });

const write = () => {
  const call = createCall({ hints: writing });
  call.trail.attempts = 1;
  return call;
};

test.each<[string, unknown]>([
  ["silence", new TrestleError("timeout", "late")],
  ["a lost connection", new TrestleError("outcome_unknown", "died")],
  ["a failure that does not say whether it left", failed("unavailable")],
  ["a gateway in trouble", failed("unavailable", { sent: true, status: 502 })],
  ["an upstream that broke midway", new RpcError(RPC.internal, "oops")],
  ["a caller that gave up midway", failed("cancelled", { sent: true })],
  ["a failure nobody foresaw", new Error("bug")],
])("after %s a write may have had effects, a read has none", (_what, error) => {
  expect(isEffectUnknown(write(), error)).toBe(true);
  expect(isEffectUnknown(createCall(), error)).toBe(false);
});

test.each<[string, unknown]>([
  ["what was never sent", failed("unavailable", { sent: false })],
  ["what was cancelled before it left", failed("cancelled", { sent: false })],
  ["a denial", failed("denied")],
  ["a wrong address", failed("unavailable", { sent: true, status: 404 })],
  ["arguments that the upstream did not take", new RpcError(RPC.invalidParams, "no")],
])("%s had no effects", (_what, error) => {
  expect(isEffectUnknown(write(), error)).toBe(false);
});

test.each<[string, unknown]>([
  ["a server that is gone", failed("unavailable")],
  ["a server that broke", new RpcError(RPC.internal, "oops")],
  ["a failure nobody foresaw", new Error("bug")],
])("%s is a fault of the upstream", (_what, error) => {
  expect(isUpstreamFault(error)).toBe(true);
});

test.each<[string, unknown]>([
  ["a denial", failed("denied")],
  ["arguments that it did not take", new RpcError(RPC.invalidParams, "no")],
  ["the caller's giving up", new DOMException("This operation was aborted", "AbortError")],
])("%s is none", (_what, error) => {
  expect(isUpstreamFault(error)).toBe(false);
});
