import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { startCore } from "./_core.ts";
import { until } from "./_processes.ts";
import { effectsOf } from "./_upstreams.ts";

test("results come in the order asked, and one that fails leaves the others alone", async () => {
  const { ask } = await startCore();
  const slow = { tool: "one.echo", arguments: { text: "slow", afterMs: 100 }, id: "first" };
  const calls = [
    slow,
    { tool: "one.nothing" },
    { tool: "echo", server: "two", params: { text: "x" } },
  ];
  const { results, ...counts } = await ask("batch", { calls });
  expect(counts).toEqual({ succeeded: 2, failed: 1 });
  expect(results).toMatchObject([
    { id: "first", success: true, result: { content: [{ text: "slow" }] } },
    { id: "2", success: false, error: { code: "not_found" }, execution_id: expect.any(String) },
    { id: "3", success: true, result: { content: [{ text: "x" }] } },
  ]);
});

test("no more than asked run at once", async () => {
  const { ask, bridge } = await startCore();
  let most = 0;
  const watch = setInterval(() => {
    const running = bridge.core.calls.pipeline.bulkhead.load().map((each) => each.running);
    most = Math.max(most, ...running);
  }, 2);
  const call = { tool: "one.echo", arguments: { afterMs: 30 } };
  await ask("batch", { calls: Array.from({ length: 9 }, () => call), concurrency: 3 });
  clearInterval(watch);
  expect(most).toBe(3);
});

test("stop_on_error begins nothing after a failure", async () => {
  const { ask, place } = await startCore();
  const write = (key: string) => ({ tool: "one.write", arguments: { key } });
  const calls = [write("a"), { tool: "one.nothing" }, write("b"), write("c")];
  const answer = await ask("batch", { calls, concurrency: 1, stop_on_error: true });
  expect(answer).toMatchObject({ succeeded: 1, failed: 3 });
  expect((answer.results as JsonObject[])[3]).toMatchObject({ error: { code: "cancelled" } });
  expect(effectsOf(place)).toEqual(["a"]);
});

test("a batch that is cancelled begins nothing any more", async () => {
  const { ask, place } = await startCore();
  const controller = new AbortController();
  const write = (key: string) => ({ tool: "one.write", arguments: { key, afterMs: 20_000 } });
  const batch = ask(
    "batch",
    { calls: [write("a"), write("b")], concurrency: 1 },
    { signal: controller.signal },
  );
  await until("the first write took effect", () => effectsOf(place).length === 1);
  controller.abort();
  const { results } = await batch;
  expect(results).toMatchObject([{ success: false }, { error: { code: "cancelled" } }]);
  expect(effectsOf(place)).toEqual(["a"]);
});

test("a batch tells how many calls are done", async () => {
  const { ask } = await startCore();
  const told: unknown[] = [];
  const calls = [{ tool: "one.echo" }, { tool: "two.echo" }];
  await ask("batch", { calls }, { onProgress: (progress) => told.push(progress) });
  expect(told).toEqual([
    { progress: 1, total: 2 },
    { progress: 2, total: 2 },
  ]);
});

test("more calls than 100, or none, are refused", async () => {
  const { ask } = await startCore({ mcpServers: {} });
  const calls = Array.from({ length: 101 }, () => ({ tool: "one.echo" }));
  await expect(ask("batch", { calls })).rejects.toMatchObject({ code: "invalid_input" });
  await expect(ask("batch", { calls: [] })).rejects.toMatchObject({ code: "invalid_input" });
});
