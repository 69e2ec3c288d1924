import {
  type JsonObject,
  type RequestContext,
  TRESTLE_META,
  TrestleError,
} from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { createCall, createTestClock, outcomeOf, pass, settle, writing } from "./_parts.ts";
import { type CacheParts, createCache } from "./cache.ts";
import { createMemoryCache } from "./cache-memory.ts";
import type { Call } from "./call.ts";

const down = () => new TrestleError("unavailable", "down", { details: { sent: true } });
const unhinted = { ...writing, declaredWrite: false };

/** A cache of 10 s before an upstream that answers when told, with the number of the answer. */
function setUp(parts: Partial<CacheParts> & { readonly maxBytes?: number } = {}) {
  const clock = createTestClock(0);
  const { maxBytes = 1_000_000, ...others } = parts;
  const cache = createCache({
    settingsFor: () => ({ ttlMs: 10_000 }),
    defaults: { ttlMs: 10_000 },
    store: createMemoryCache({ clock, maxBytes }),
    clock,
    ...others,
  });
  const sent: { call: Call; answer(result?: JsonObject): void; fail(error: Error): void }[] = [];
  const start = (call: Call) => {
    const result = outcomeOf(
      cache.policy(call, (flown) => {
        const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
        const number = sent.length + 1;
        const { signal } = flown.context;
        signal.addEventListener("abort", () => reject(signal.reason as Error));
        flown.trail.attempts += 1;
        sent.push({ call: flown, answer: (given = { number }) => resolve(given), fail: reject });
        return promise;
      }),
    );
    return { call, result };
  };
  /** Runs a call that the upstream answers at once. */
  const run = async (call: Call, answer?: JsonObject) => {
    const before = sent.length;
    const { result } = start(call);
    await settle();
    if (sent.length > before) sent.at(-1)?.answer(answer);
    return result;
  };
  return { clock, cache, sent, start, run };
}

const read = (context: Partial<RequestContext> = {}, changes: Partial<Call> = {}) =>
  createCall({ ...changes, context });
const ask = (args: JsonObject, tool = "run", server = "db") =>
  createCall({ server, tool, params: { name: tool, arguments: args } });
const write = (server = "db") => createCall({ server, hints: writing, tool: "save" });

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

describe("callers that ask the same at the same time", () => {
  test("share one request", async () => {
    const { cache, sent, start } = setUp();
    const callers = [start(read()), start(read()), start(read())];
    await settle();
    expect(sent).toHaveLength(1);
    sent[0]?.answer();
    const results = await Promise.all(callers.map(({ result }) => result));
    expect(results).toEqual(Array(3).fill({ number: 1 }));
    expect(callers.map(({ call }) => call.trail.cached)).toEqual([false, true, true]);
    expect(await cache.stats()).toMatchObject({ misses: 1, shared: 2, entries: 1 });
  });

  test("do not share it with another principal", async () => {
    const { sent, start } = setUp();
    start(read());
    start(read({ principal: { id: "bob", kind: "key" } }));
    await settle();
    expect(sent).toHaveLength(2);
  });

  test("do not share a question to the user", async () => {
    const { sent, start } = setUp();
    const callers = [start(read()), start(read())];
    await settle();
    sent[0]?.answer({ resultType: "input_required", requestState: "s" });
    await settle();
    expect(sent).toHaveLength(2);
    sent[1]?.answer();
    expect(await callers[1]?.result).toEqual({ number: 2 });
    expect(callers[1]?.call.trail.cached).toBe(false);
  });

  test("whoever asked first may leave, the others get their answer", async () => {
    const { sent, start } = setUp();
    const controller = new AbortController();
    const first = start(read({ signal: controller.signal }));
    const second = start(read());
    await settle();
    controller.abort();
    expect(await first.result).toMatchObject({ error: { code: "cancelled" } });
    expect(sent[0]?.call.context.signal.aborted).toBe(false);
    sent[0]?.answer();
    expect(await second.result).toEqual({ number: 1 });
  });

  test("each waits until their own deadline", async () => {
    const { clock, sent, start } = setUp();
    const first = start(read({ deadline: 100 }));
    const second = start(read({ deadline: 500 }));
    await settle();
    expect(sent[0]?.call.context.deadline).toBe(500);
    await pass(clock, 100);
    expect(await first.result).toMatchObject({ error: { code: "timeout" } });
    sent[0]?.answer();
    expect(await second.result).toEqual({ number: 1 });
    expect(clock.armed()).toBe(0);
  });

  test("the request is cancelled when the last of them has left", async () => {
    const { run, sent, start } = setUp();
    const controllers = [new AbortController(), new AbortController()];
    for (const { signal } of controllers) start(read({ signal }));
    await settle();
    controllers[0]?.abort();
    await settle();
    expect(sent[0]?.call.context.signal.aborted).toBe(false);
    controllers[1]?.abort();
    await settle();
    expect(sent[0]?.call.context.signal.aborted).toBe(true);
    expect(await run(read())).toEqual({ number: 2 });
  });

  test("all hear of its progress, and of its failure", async () => {
    const { sent, start } = setUp();
    const heard: string[] = [];
    const a = start(read({ onProgress: ({ progress }) => heard.push(`a${progress}`) }));
    const b = start(read({ onProgress: ({ progress }) => heard.push(`b${progress}`) }));
    await settle();
    sent[0]?.call.context.onProgress?.({ progress: 1 });
    sent[0]?.fail(down());
    expect(heard).toEqual(["a1", "b1"]);
    expect(await a.result).toMatchObject({ error: { code: "unavailable" } });
    expect(await b.result).toMatchObject({ error: { code: "unavailable" } });
  });
});

describe("an answer that is too old", () => {
  test("is given at once where that is allowed, and a new one fetched behind it", async () => {
    const settings = { ttlMs: 1_000, staleWhileRevalidateMs: 5_000 };
    const { clock, run, sent, start } = setUp({ settingsFor: () => settings });
    await run(read());
    clock.advance(3_000);
    expect(await start(read()).result).toEqual({ number: 1 });
    expect(await start(read()).result).toEqual({ number: 1 });
    expect(sent).toHaveLength(2);
    sent[1]?.answer();
    await settle();
    expect(await run(read())).toEqual({ number: 2 });
    clock.advance(6_000);
    expect(await run(read())).toEqual({ number: 3 });
  });

  test("is given where the upstream fails, if that is allowed", async () => {
    const settings = { ttlMs: 1_000, staleOnErrorMs: 5_000 };
    const { clock, run, sent, start } = setUp({ settingsFor: () => settings });
    await run(read());
    clock.advance(3_000);
    const failing = start(read());
    await settle();
    sent[1]?.fail(down());
    expect(await failing.result).toEqual({ number: 1 });
    expect(failing.call.trail.cached).toBe(true);
    const denied = start(read());
    await settle();
    sent[2]?.fail(new TrestleError("denied", "no"));
    expect(await denied.result).toMatchObject({ error: { code: "denied" } });
  });

  test("is never from before a write", async () => {
    const settings = { ttlMs: 1_000, staleOnErrorMs: 5_000, staleWhileRevalidateMs: 5_000 };
    const { clock, run, sent, start } = setUp({ settingsFor: () => settings });
    await run(read());
    clock.advance(3_000);
    await run(write());
    const failing = start(read());
    await settle();
    sent[2]?.fail(down());
    expect(await failing.result).toMatchObject({ error: { code: "unavailable" } });
  });
});

describe("what may write and is cached by its caller's word", () => {
  const control = { useCache: true };
  const byWord = (meta?: JsonObject) =>
    createCall({
      hints: unhinted,
      control,
      params: { name: "run", arguments: {}, ...(meta && { _meta: meta }) },
    });

  test("is never done behind an answer that is too old", async () => {
    const { clock, run, sent } = setUp({
      defaults: { ttlMs: 1_000, staleWhileRevalidateMs: 5_000, staleOnErrorMs: 5_000 },
    });
    await run(byWord());
    clock.advance(3_000);
    expect(await run(byWord())).toEqual({ number: 2 });
    expect(sent).toHaveLength(2);
  });

  test("is done once for each idempotency key", async () => {
    const { run, start, sent } = setUp();
    const named = (key: string) => byWord({ [TRESTLE_META.idempotencyKey]: key });
    start(named("a"));
    await settle();
    start(named("b"));
    await settle();
    expect(sent).toHaveLength(2);
    for (const { answer } of sent) answer();
    await settle();
    expect(await run(named("b"))).toEqual({ number: 3 });
    expect(await run(named("b"))).toEqual({ number: 3 });
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
