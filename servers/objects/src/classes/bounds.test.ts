import { expect, test } from "vitest";
import { openCore, refused } from "../core/_core.ts";
import { mergePatch, touches } from "./merge-patch.ts";

function open(object: string, args: object = {}) {
  const opened = openCore();
  opened.initialize(object, args);
  const call = (method: string, given: object = {}) => opened.call(object, method, given);
  return { ...opened, call, ring: () => opened.ring(object), state: () => opened.state(object) };
}

test("a lease that was prolonged does not end at its old time", () => {
  const { call, clock, ring, state } = open("lock/a");
  const { fence } = call("acquire", { holder: "ann", ttlMs: 1_000 }) as { fence: number };
  clock.advance(500);
  call("renew", { holder: "ann", fence, ttlMs: 1_000 });
  clock.advance(500);
  expect(ring()).toBeUndefined();
  expect(state()).toMatchObject({ held: true, holder: "ann" });
  clock.advance(500);
  ring();
  expect(state()).toEqual({ held: false });
  expect(call("get")).toEqual({ held: false });
});

test("who lost a lease is told whether somebody else has it now", () => {
  const { call, clock } = open("lock/a");
  const { fence } = call("acquire", { holder: "ann", ttlMs: 1_000 }) as { fence: number };
  clock.advance(1_000);
  const renew = () => call("renew", { holder: "ann", fence, ttlMs: 1_000 });
  expect(renew).toThrow("Nobody holds the lease any more");
  call("acquire", { holder: "bob", ttlMs: 1_000 });
  expect(renew).toThrow(`The lease is with bob and fence ${fence + 1}`);
  expect(call("acquire", { holder: "ann", ttlMs: 1_000 })).toMatchObject({ granted: false });
});

test("what is put in the place of text is one in the words of RFC 7396", () => {
  expect(mergePatch({ a: 1 }, [1])).toEqual([1]);
  expect(mergePatch("text", { a: { b: null, c: 1 } })).toEqual({ a: { c: 1 } });
  expect(mergePatch({ a: 1 }, undefined)).toBeNull();
  expect(touches({ a: { b: 1 } }, ["a", "b", "c"])).toBe(true);
  expect(touches({ a: { b: 1 } }, ["a", "c"])).toBe(false);
  expect(touches({ a: { b: { c: 1 } } }, ["a", "b"])).toBe(true);
});

test("an object of another is none of a lock's business", () => {
  const { call } = open("lock/a");
  expect(() => call("release", { holder: "ann", fence: 1 })).toThrow(refused("conflict"));
});

test("a lease is shown to whoever asks", () => {
  const { call } = open("lock/a");
  const lease = call("acquire", { holder: "ann", ttlMs: 1_000 }) as Record<string, unknown>;
  const { granted, ...held } = lease;
  expect(granted).toBe(true);
  expect(call("get")).toEqual({ held: true, lease: held });
});

test.each([
  [{ min: 0, max: 10 }, "increment", 6, "would be 11, beyond its bounds (0 to 10)"],
  [{ min: 0 }, "decrement", 6, "would be -1, beyond its bounds (0 to none)"],
  [{ max: 10 }, "increment", 6, "would be 11, beyond its bounds (none to 10)"],
  [{}, "increment", Number.MAX_SAFE_INTEGER, "larger than a double holds exactly"],
])("a counter within %j is not changed beyond it by %s", (bounds, method, by, sentence) => {
  const { call, state } = open("counter/a", { value: 5, ...bounds });
  expect(() => call(method, { by })).toThrow(refused("conflict"));
  expect(() => call(method, { by })).toThrow(sentence);
  expect(state()).toEqual({ value: 5 });
  expect(call("increment")).toEqual({ value: 6 });
});

test("an edit of what others deleted already is done, and changes nothing", () => {
  const { call } = open("document/a", { content: { body: "abc" } });
  const edit = { path: ["body"], operation: [{ delete: 3 }], version: 1 };
  expect(call("edit", edit)).toMatchObject({ applied: true, version: 2 });
  expect(call("edit", edit)).toEqual({ applied: true, version: 2 });
  expect(call("history")).toMatchObject({ changes: [{ version: 2 }, { version: 1 }] });
});

test("an edit reaches a text below other fields, and none below a text or a document put anew", () => {
  const { call } = open("document/a", { content: { a: { text: "x", n: 1 }, b: "y" } });
  const edit = (path: string[], version: number) =>
    call("edit", { path, operation: ["z"], version });
  expect(edit(["a", "text"], 1)).toMatchObject({ applied: true, version: 2 });
  expect(call("read")).toMatchObject({ content: { a: { text: "zx", n: 1 }, b: "y" } });
  expect(edit(["b", "text"], 2)).toMatchObject({
    conflict: { reason: "there is no text at the path" },
  });
  call("update", { content: { a: { text: "new" } }, version: 2 });
  expect(edit(["a", "text"], 2)).toMatchObject({
    ...{ applied: false, version: 3 },
    conflict: { reason: "version 3 put something else there", content: { a: { text: "new" } } },
  });
});

test("the history has what a document was only where it was small", () => {
  const { call } = open("document/a", { content: { a: 1 } });
  call("update", { content: { a: "x".repeat(9_000) }, version: 1 });
  const { changes } = call("history") as { changes: object[] };
  expect(changes).toEqual([
    expect.not.objectContaining({ content: expect.anything() }),
    expect.objectContaining({ content: { a: 1 } }),
  ]);
});

test("whoever is not there leaves nothing, and shows only so much", () => {
  const { call, state } = open("presence/a");
  expect(call("leave", { member: "ann" })).toEqual({ left: false });
  const much = { member: "ann", data: "x".repeat(4_096) };
  expect(() => call("join", much)).toThrow(refused("too_large"));
  expect(state()).toEqual({ members: [] });
});

test("an entry that was put again without an end does not go at its old one", () => {
  const { call, clock, ring, state } = open("kv/a");
  for (const [key, ttlMs] of [
    ["a", 1_000],
    ["b", 3_000],
  ] as const)
    call("put", { key, value: 1, ttlMs });
  call("put", { key: "a", value: 2 });
  clock.advance(1_000);
  expect(ring()?.event).toBeUndefined();
  expect(state()).toEqual({ a: 2, b: 1 });
  clock.advance(2_000);
  expect(ring()?.event?.events).toEqual([{ expired: ["b"] }]);
  expect(state()).toEqual({ a: 2 });
});

test("of leases on items only those that lapsed end, and only what is dead is revived", () => {
  const { call, clock, ring } = open("queue/a");
  for (const value of [1, 2]) call("enqueue", { value });
  call("take", { leaseMs: 1_000 });
  call("take", { leaseMs: 5_000 });
  clock.advance(1_000);
  ring();
  expect(call("count")).toEqual({ waiting: 1, taken: 1, dead: 0 });
  expect(call("revive", { id: "none" })).toEqual({ revived: false });
  clock.advance(4_000);
  ring();
  expect(call("count")).toEqual({ waiting: 2, taken: 0, dead: 0 });
});
