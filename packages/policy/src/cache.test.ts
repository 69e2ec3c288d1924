import { type JsonObject, TrestleError } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { ask, read, setUp, unhinted, write } from "./_cache.ts";
import { createCall, settle, writing } from "./_parts.ts";
import type { Call } from "./call.ts";

describe("a repeated read", () => {
  test("is answered from memory until its time is over", async () => {
    const { clock, run } = setUp();
    const first = await run(read());
    clock.advance(9_999);
    const call = read();
    expect(await run(call)).toEqual(first);
    expect(call.trail).toMatchObject({
      cached: true,
      attempts: 0,
      stages: [{ policy: "cache", decision: "hit" }],
    });
    clock.advance(1);
    expect(await run(read())).toEqual({ number: 2 });
  });

  test("is the same however its arguments are written", async () => {
    const { run } = setUp();
    await run(ask({ a: 1, b: { c: 2, d: [3] } }));
    expect(await run(ask({ b: { d: [3], c: 2 }, a: 1 }))).toEqual({ number: 1 });
    expect(await run(ask({ a: 1, b: { c: 2, d: ["3"] } }))).toEqual({ number: 2 });
  });

  test.each<[string, Call]>([
    ["another principal", read({ principal: { id: "bob", kind: "key" } })],
    ["another tool", ask({ a: 1 }, "other")],
    ["another server", ask({ a: 1 }, "run", "other")],
    ["other arguments", ask({ a: 2 })],
    ["another definition of the tool", createCall({ definitionHash: "changed" })],
  ])("of %s is another one", async (_what, other) => {
    const { run } = setUp();
    await run(read());
    expect(await run(other)).toEqual({ number: 2 });
  });

  test("gives each caller a value of its own, digit by digit", async () => {
    const { run } = setUp();
    await run(read(), { structuredContent: { list: [1] } });
    const one = (await run(read())) as { structuredContent: { list: number[] } };
    one.structuredContent.list.push(2);
    expect(await run(read())).toEqual({ structuredContent: { list: [1] } });
  });
});

describe("what is never stored", () => {
  test.each<[string, JsonObject]>([
    ["an error", { isError: true }],
    ["a question to the user", { resultType: "input_required" }],
    ["a task", { resultType: "task" }],
  ])("%s", async (_what, answer) => {
    const { run } = setUp();
    await run(read(), answer);
    expect(await run(read())).toEqual({ number: 2 });
  });

  test("an answer of a fallback", async () => {
    const { run, sent, start } = setUp();
    const { result } = start(read());
    await settle();
    if (sent[0]) sent[0].call.trail.fallbackUsed = true;
    sent[0]?.answer();
    await result;
    expect(await run(read())).toEqual({ number: 2 });
  });

  test.each<[string, JsonObject]>([
    ["answers of the user", { name: "run", inputResponses: {} }],
    ["the state of an earlier round", { name: "run", requestState: "s" }],
    ["a task", { name: "run", task: {} }],
  ])("the answer to a request with %s", async (_what, params) => {
    const { run } = setUp();
    await run(createCall({ params }));
    expect(await run(createCall({ params }))).toEqual({ number: 2 });
  });

  test("an answer in which the user had a part", async () => {
    const { run, sent, start } = setUp();
    const { result } = start(read({ askClient: async () => ({}) }));
    await settle();
    await sent[0]?.call.context.askClient?.("elicitation/create", {});
    sent[0]?.answer();
    await result;
    expect(await run(read())).toEqual({ number: 2 });
  });

  test("anything of a tool that is not listed", async () => {
    const { run } = setUp({ settingsFor: () => undefined });
    await run(read());
    expect(await run(read())).toEqual({ number: 2 });
  });

  test("a result larger than the whole cache", async () => {
    const { run, cache } = setUp({ maxBytes: 2_000 });
    await run(read(), { text: "x".repeat(3_000) });
    expect(await cache.stats()).toMatchObject({ entries: 0, bytes: 0 });
  });
});

describe("what the caller asks for", () => {
  test("a fresh answer passes the cache by", async () => {
    const { run } = setUp();
    await run(read());
    expect(await run(read({}, { control: { useCache: false } }))).toEqual({ number: 2 });
    expect(await run(read())).toEqual({ number: 1 });
  });

  test("a tool that is not listed is cached by its word, for itself alone", async () => {
    const { run } = setUp({ settingsFor: () => undefined });
    const mine = () => read({}, { control: { useCache: true }, hints: unhinted });
    await run(mine());
    expect(await run(mine())).toEqual({ number: 1 });
    expect(await run(read({}, { hints: unhinted }))).toEqual({ number: 2 });
  });

  test("a tool that says it writes is cached for nobody", async () => {
    const { run } = setUp();
    const call = () =>
      read({}, { control: { useCache: true }, hints: { ...writing, declaredWrite: true } });
    await run(call());
    expect(await run(call())).toEqual({ number: 2 });
  });

  test("what is cached by one caller's word ends what the others have", async () => {
    const { run } = setUp();
    await run(read());
    await run(createCall({ tool: "odd", control: { useCache: true }, hints: unhinted }));
    expect(await run(read())).toEqual({ number: 3 });
  });

  test("a shorter time also means a younger answer", async () => {
    const { clock, run } = setUp();
    await run(read());
    clock.advance(2_000);
    const young = () => read({}, { control: { cacheTtlMs: 1_000 } });
    expect(await run(young())).toEqual({ number: 2 });
    clock.advance(1_000);
    expect(await run(read())).toEqual({ number: 3 });
  });
});

describe("a write", () => {
  test("ends what was read of its server, and of no other", async () => {
    const { run } = setUp();
    await run(read());
    await run(ask({}, "run", "other"));
    await run(write());
    expect(await run(ask({}, "run", "other"))).toEqual({ number: 2 });
    expect(await run(read())).toEqual({ number: 4 });
  });

  test("that begins while an answer is under way keeps it from being stored", async () => {
    const { run, sent, start } = setUp();
    const { result } = start(read());
    await settle();
    await run(write());
    sent[0]?.answer();
    expect(await result).toEqual({ number: 1 });
    expect(await run(read())).toEqual({ number: 3 });
  });

  test("ends what was read while it was at work", async () => {
    const { run, sent, start } = setUp();
    const writing = start(write());
    await settle();
    await run(read());
    sent[0]?.answer();
    await writing.result;
    expect(await run(read())).toEqual({ number: 3 });
  });

  test("keeps a later read from sharing an earlier one's answer", async () => {
    const { run, sent, start } = setUp();
    start(read());
    await settle();
    await run(write());
    const late = start(read());
    await settle();
    expect(sent).toHaveLength(3);
    sent[2]?.answer();
    expect(await late.result).toEqual({ number: 3 });
  });

  test("that failed ends what was read, too", async () => {
    const { run, sent, start } = setUp();
    await run(read());
    const { result } = start(write());
    await settle();
    sent[1]?.fail(new TrestleError("denied", "no"));
    await result;
    expect(await run(read())).toEqual({ number: 3 });
    expect(await run(read())).toEqual({ number: 3 });
  });

  test("of unknown outcome may take effect later: nothing is stored for a while", async () => {
    const { clock, run, sent, start } = setUp();
    const { result } = start(write());
    await settle();
    sent[0]?.fail(new TrestleError("outcome_unknown", "died", { details: { sent: true } }));
    await result;
    await run(read());
    expect(await run(read())).toEqual({ number: 3 });
    clock.advance(30_000);
    await run(read());
    expect(await run(read())).toEqual({ number: 4 });
  });
});

describe("the operator", () => {
  test("clears a tool, a server or all", async () => {
    const { cache, run } = setUp();
    const fill = async () => {
      for (const call of [ask({}, "a"), ask({}, "b"), ask({}, "a", "other")]) await run(call);
    };
    await fill();
    expect(await cache.clear({ server: "db", tool: "a" })).toBe(1);
    expect(await cache.stats()).toMatchObject({ entries: 2 });
    await fill();
    expect(await cache.clear({ server: "db" })).toBe(2);
    await fill();
    expect(await cache.clear()).toBe(3);
    expect(await cache.stats()).toMatchObject({ entries: 0, bytes: 0 });
  });

  test("an answer under way when it is cleared is not stored", async () => {
    const { cache, run, sent, start } = setUp();
    const { result } = start(read());
    await settle();
    await cache.clear({ tool: "run" });
    sent[0]?.answer();
    await result;
    expect(await run(read())).toEqual({ number: 2 });
  });

  test("switches it off and on, and writes count meanwhile", async () => {
    const { cache, run } = setUp();
    await run(read());
    cache.setEnabled(false);
    expect(await run(read())).toEqual({ number: 2 });
    await run(write());
    cache.setEnabled(true);
    expect(await run(read())).toEqual({ number: 4 });
    expect(await cache.stats()).toMatchObject({ enabled: true, hits: 0, misses: 2 });
  });

  test("sees how much it holds, the least recently used dropped first", async () => {
    const { cache, run } = setUp({ maxBytes: 3_500 });
    const text = { text: "x".repeat(600) };
    for (const n of [1, 2, 3]) await run(ask({ n }), text);
    await run(ask({ n: 1 }));
    await run(ask({ n: 4 }), text);
    const { entries, bytes } = await cache.stats();
    expect(entries).toBe(3);
    expect(bytes).toBeGreaterThan(1_800);
    expect(bytes).toBeLessThanOrEqual(3_500);
    expect(await run(ask({ n: 1 }))).toEqual(text);
    expect(await run(ask({ n: 2 }))).toEqual({ number: 5 });
  });
});

test("answers are told apart by rights, and those of calls without arguments are kept, too", async () => {
  const { run } = setUp();
  const bare = (scopes?: readonly string[]) =>
    read(
      { principal: { id: "ann", kind: "key", ...(scopes && { scopes }) } },
      { params: { name: "run" } },
    );
  expect(await run(bare())).toEqual({ number: 1 });
  expect(await run(bare(["db:*"]))).toEqual({ number: 2 });
  expect(await run(bare())).toEqual({ number: 1 });
});
