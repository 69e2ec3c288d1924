import { seededRandom } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import { openCore, refused } from "../core/_core.ts";
import { applyText, type TextOperation, transformText } from "./text-operation.ts";

describe("document", () => {
  const open = (content: object) => {
    const opened = openCore();
    opened.initialize("document/a", { content });
    const call = (method: string, args: object = {}) => opened.call("document/a", method, args);
    return { ...opened, call, content: () => (call("read") as { content: unknown }).content };
  };

  test("is replaced and patched only where it still has the version", () => {
    const { call, content } = open({ title: "A", tags: ["x"], meta: { by: "ada", at: 1 } });
    expect(call("update", { content: { title: "B" }, version: 1 })).toEqual({ version: 2 });
    const stale = { content: {}, version: 1 };
    expect(() => call("update", stale)).toThrow(refused("conflict"));
    expect(() => call("patch", { patch: { a: 1 }, version: 1 })).toThrow(refused("conflict"));
    expect(call("patch", { patch: { meta: { by: "bob" }, title: null } })).toEqual({ version: 3 });
    expect(content()).toEqual({ meta: { by: "bob" } });
    call("patch", { patch: JSON.parse('{"__proto__":{"polluted":true}}') });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("is edited by two who knew the same version, and both edits stay", () => {
    const { call, content } = open({ body: "one three", title: "T" });
    const path = ["body"];
    const edit = (operation: TextOperation, version: number) =>
      call("edit", { path, operation, version });
    expect(edit([4, "two "], 1)).toEqual({ applied: true, version: 2, operation: [4, "two "] });
    expect(edit([9, " four"], 1)).toEqual({ applied: true, version: 3, operation: [13, " four"] });
    expect(content()).toEqual({ body: "one two three four", title: "T" });
    call("patch", { patch: { title: "U" } });
    expect(edit([{ delete: 4 }], 1)).toMatchObject({ applied: true, operation: [{ delete: 4 }] });
    expect(content()).toEqual({ body: "two three four", title: "U" });
  });

  test.each([
    ["the text was replaced", { patch: { body: "other" } }, ["body"], 1],
    ["the text is gone", { patch: { body: null } }, ["body"], 2],
    ["there is no such field", { patch: { a: 1 } }, ["nothing"], 2],
    ["what is there is no text", { patch: { a: 1 } }, ["a"], 2],
    ["the version is none", { patch: { a: 1 } }, ["body"], 7],
    ["the edit is of a longer text", { patch: { a: 1 } }, ["body"], 2],
  ])(
    "an edit is answered as a conflict where %s, and changes nothing",
    (_, patch, path, version) => {
      const { call, content } = open({ body: "text" });
      call("patch", patch);
      const before = content();
      const operation = [version === 2 && path[0] === "body" ? 9 : 1, "x"];
      expect(call("edit", { path, operation, version })).toMatchObject({
        ...{ applied: false, version: 2 },
        conflict: { content: before },
      });
      expect(content()).toEqual(before);
    },
  );

  test("remembers who changed what, as long as there is room", () => {
    const { call, clock } = open({ n: 0 });
    for (let n = 1; n <= 1_010; n += 1) {
      clock.advance(1);
      call("update", { content: { n }, version: n });
    }
    const { changes } = call("history", { limit: 2 }) as { changes: object[] };
    expect(changes).toEqual([
      { version: 1_011, at: clock.now(), by: "ada", kind: "replace", content: { n: 1_010 } },
      { version: 1_010, at: clock.now() - 1, by: "ada", kind: "replace", content: { n: 1_009 } },
    ]);
    expect(call("history", { before: 13, limit: 100 })).toMatchObject({
      changes: [{ version: 12 }],
    });
  });

  test("edits of any two lead to the same text in either order", () => {
    const random = seededRandom();
    const operationOn = (text: string): TextOperation => {
      const steps: (number | string | { delete: number })[] = [];
      let left = text.length;
      while (random.next() < 0.8) {
        const count = Math.min(left, 1 + random.below(4));
        if (random.next() < 0.4) steps.push(`<${random.below(100)}>`);
        else if (count > 0) {
          steps.push(random.next() < 0.5 ? count : { delete: count });
          left -= count;
        }
      }
      return steps;
    };
    for (let round = random.rounds(3_000); round > 0; round -= 1) {
      const text = "abcdefghij".slice(0, random.below(11));
      const [mine, theirs] = [operationOn(text), operationOn(text)];
      const theirsFirst = applyText(
        applyText(text, theirs) ?? "",
        transformText(mine, { over: theirs, first: false }),
      );
      const mineFirst = applyText(
        applyText(text, mine) ?? "",
        transformText(theirs, { over: mine, first: true }),
      );
      expect([text, mine, theirs, theirsFirst]).toEqual([text, mine, theirs, mineFirst]);
    }
  });
});

describe("queue", () => {
  const open = (settings: object = {}) => {
    const opened = openCore();
    opened.initialize("queue/a", settings);
    const call = (method: string, args: object = {}) => opened.call("queue/a", method, args);
    const take = (args: object = {}) =>
      (call("take", args) as { items: { id: string; value: unknown; fence: number }[] }).items;
    return { ...opened, call, take, ring: () => opened.ring("queue/a") };
  };

  test("gives items in their order, each to one at a time", () => {
    const { call, take } = open();
    for (const value of ["a", "b", "c"]) call("enqueue", { value });
    const [first] = take();
    expect(first).toMatchObject({ value: "a" });
    expect(take({ limit: 5 }).map(({ value }) => value)).toEqual(["b", "c"]);
    expect(take()).toEqual([]);
    call("acknowledge", { id: first?.id, fence: first?.fence });
    expect(call("count")).toEqual({ waiting: 0, taken: 2, dead: 0 });
    expect(() => call("acknowledge", { id: first?.id, fence: first?.fence })).toThrow(
      refused("conflict"),
    );
  });

  test("gives an item again whose lease lapsed, and nothing to whoever had it before", () => {
    const { call, take, clock, ring } = open();
    call("enqueue", { value: 1 });
    const [slow] = take({ leaseMs: 1_000 });
    clock.advance(1_000);
    expect(ring()?.answer.changed).toBe(true);
    const [next] = take();
    expect(next).toMatchObject({ id: slow?.id, attempts: 2 });
    expect(() => call("acknowledge", { id: slow?.id, fence: slow?.fence })).toThrow(/lease/);
    call("acknowledge", { id: next?.id, fence: next?.fence });
  });

  test("waits as it is told, and gives up after too many attempts until it is revived", () => {
    const { call, take, clock } = open({ maxAttempts: 2 });
    call("enqueue", { value: "later", delayMs: 500 });
    expect(take()).toEqual([]);
    clock.advance(500);
    for (const dead of [false, true]) {
      const [item] = take();
      expect(call("giveBack", { id: item?.id, fence: item?.fence })).toEqual({ dead });
    }
    expect(call("count")).toEqual({ waiting: 0, taken: 0, dead: 1 });
    const { items } = call("listDead") as { items: { id: string }[] };
    expect(items).toMatchObject([{ value: "later", attempts: 2 }]);
    expect(call("revive", { id: items[0]?.id })).toEqual({ revived: true });
    expect(take()).toMatchObject([{ attempts: 1 }]);
  });
});

describe("presence", () => {
  test("shows who is there, and forgets whoever is silent", () => {
    const { initialize, call, clock, ring, core, state } = openCore();
    initialize("presence/a");
    call("presence/a", "join", { member: "ada", data: { cursor: 3 }, ttlMs: 3_000 });
    call("presence/a", "join", { member: "bob", ttlMs: 9_000 });
    const { seq } = core.get({ class: "presence", id: "a" });
    clock.advance(500);
    call("presence/a", "heartbeat", { member: "ada" });
    expect(core.get({ class: "presence", id: "a" }).seq).toBe(seq); // not worth a change yet
    clock.advance(1_500);
    call("presence/a", "heartbeat", { member: "ada" });
    clock.advance(1_500);
    ring("presence/a");
    expect(state("presence/a")).toMatchObject({ members: [{ member: "ada" }, { member: "bob" }] });
    clock.advance(1_500);
    expect(ring("presence/a")?.event?.events).toEqual([{ left: "ada", expired: true }]);
    expect(state("presence/a")).toMatchObject({ members: [{ member: "bob" }] });
    expect(() => call("presence/a", "heartbeat", { member: "ada" })).toThrow(refused("not_found"));
    expect(call("presence/a", "leave", { member: "bob" })).toEqual({ left: true });
    expect(core.alarms(1)).toEqual([]);
  });
});

describe("kv", () => {
  test("puts and deletes only over the version that is known", () => {
    const { initialize, call } = openCore();
    initialize("kv/a");
    const put = (args: object) => call("kv/a", "put", { key: "k", ...args });
    expect(put({ value: 1, version: 0 })).toEqual({ version: 1 });
    expect(() => put({ value: 2, version: 0 })).toThrow(refused("conflict"));
    expect(put({ value: 2, version: 1 })).toEqual({ version: 2 });
    expect(() => call("kv/a", "delete", { key: "k", version: 1 })).toThrow(refused("conflict"));
    expect(call("kv/a", "delete", { key: "k", version: 2 })).toEqual({ deleted: true });
    expect(put({ value: 3, version: 0 })).toEqual({ version: 3 });
    call("kv/a", "put", { key: "j", value: null });
    expect(call("kv/a", "list", { start: "k" })).toEqual({
      entries: [{ key: "k", value: 3, version: 3 }],
    });
  });
});
