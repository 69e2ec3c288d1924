import { describe, expect, test } from "vitest";
import { down, read, setUp } from "./_cache.ts";
import { pass, settle } from "./_parts.ts";

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
