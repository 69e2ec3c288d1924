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
