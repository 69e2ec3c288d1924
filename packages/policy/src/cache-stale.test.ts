import { type JsonObject, TRESTLE_META, TrestleError } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { down, read, setUp, unhinted, write } from "./_cache.ts";
import { createCall, settle } from "./_parts.ts";

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
