import { type Call, newTrail } from "@trestle/policy";
import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createKeeper } from "./kept-results.ts";

const reads = { readOnly: true, destructive: false, idempotent: true, openWorld: false };
const keeping = {
  settings: { keep: true, maxBytes: 200 },
  fields: ["plan"],
  hide: (value: JsonObject) => value,
};

function callOf(trail: Partial<Call["trail"]> = {}, readOnly = true): Call {
  return { hints: { ...reads, readOnly }, trail: { ...newTrail(), ...trail } } as Call;
}

function textResult(value: unknown): JsonObject {
  return { content: [{ type: "text", text: JSON.stringify(value) }] };
}

test("equal results of reads have equal hashes, whatever we wrote into them", async () => {
  const keepOf = await createKeeper({ ...keeping, settings: { keep: false, maxBytes: 1 } });
  const one = keepOf(
    { ...textResult([1]), _meta: { "trestle/call": { duration_ms: 1 } } },
    callOf(),
  );
  const two = keepOf(
    { ...textResult([1]), _meta: { "trestle/call": { duration_ms: 2 } } },
    callOf(),
  );
  const other = keepOf(textResult([2]), callOf());
  expect(one?.resultHash).toHaveLength(22);
  expect(two).toEqual(one);
  expect(other?.resultHash).not.toBe(one?.resultHash);
  expect(one?.document).toBeUndefined();
});

test("what says nothing of the tool has no hash: writes, cached answers, stand-ins, and what is huge", async () => {
  const keepOf = await createKeeper({ ...keeping, settings: { keep: false, maxBytes: 1 } });
  expect(keepOf(textResult(1), callOf({}, false))).toBeUndefined();
  expect(keepOf(textResult(1), callOf({ cached: true }))).toBeUndefined();
  expect(keepOf(textResult(1), callOf({ fallbackUsed: true }))).toBeUndefined();
  expect(keepOf(textResult(1), callOf({ resultBytes: 1_000_000 }))).toBeUndefined();
  expect(keepOf(textResult("x".repeat(300_000)), callOf())).toBeUndefined();
  expect(keepOf({ resultType: "input_required" }, callOf())).toBeUndefined();
});

test("what a result says is kept without its secrets, as steps of a chain would see it", async () => {
  const keepOf = await createKeeper(keeping);
  const said = { id: 7, token: "abc", deep: { plan: "b", list: [{ password: "p" }] } };
  const kept = keepOf(textResult(said), callOf({}, false));
  expect(JSON.parse(kept?.document ?? "")).toEqual({
    id: 7,
    token: "[redacted]",
    deep: { plan: "[redacted]", list: [{ password: "[redacted]" }] },
  });
  expect(keepOf({ structuredContent: { a: 1 }, content: [] }, callOf())?.document).toBe('{"a":1}');
  const bare = keepOf({ content: [], _meta: { "trestle/call": {} } }, callOf());
  expect(bare?.document).toBe('{"content":[]}');
});

test("a longer result is not kept, and not a part of it either", async () => {
  const keepOf = await createKeeper(keeping);
  expect(keepOf(textResult("ä".repeat(150)), callOf())?.document).toBeUndefined();
  expect(keepOf(textResult("a".repeat(150)), callOf())?.document).toHaveLength(152);
});

test("what the configuration holds of secrets is not kept, wherever a server says it", async () => {
  const hide = (value: JsonObject): JsonObject =>
    JSON.parse(JSON.stringify(value).replaceAll("hunter2", "[redacted]"));
  const keepOf = await createKeeper({ ...keeping, hide });
  const kept = keepOf(textResult({ said: "it is hunter2" }), callOf());
  expect(kept?.document).toBe('{"said":"it is [redacted]"}');
});
