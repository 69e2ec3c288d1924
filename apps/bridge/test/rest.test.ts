import { afterAll, beforeAll, expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { until } from "./_processes.ts";
import { type RestBridge, startRest } from "./_rest.ts";

let bridge: RestBridge;
beforeAll(async () => {
  bridge = await startRest();
}, 60_000);
afterAll(async () => {
  await bridge.stop();
});

const FACTS = {
  execution_id: expect.any(String),
  duration_ms: expect.any(Number),
  cached: false,
  retry_count: 0,
  fallback_used: false,
};

test("a call answers the tool's result in the envelope, with its facts", async () => {
  const answer = await bridge.post("tool/call", {
    tool: "one__echo",
    arguments: { text: "hello" },
  });
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    success: true,
    data: { result: expect.objectContaining({ content: [{ type: "text", text: "hello" }] }) },
    metadata: { server: "one", tool: "echo", name: "one__echo", ...FACTS },
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  });
});

test("a tool's own error is HTTP 200, success false, and its result", async () => {
  const { status, body } = await bridge.post("tool/call", {
    tool: "one.echo",
    params: { text: "no such city", fail: true },
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    success: false,
    error: { code: "tool_error", message: "no such city" },
    data: { result: { isError: true } },
    metadata: FACTS,
  });
});

test("numbers that no double holds pass both ways digit by digit", async () => {
  const text = '{"tool":"one__echo","arguments":{"number":12345678901234567890}}';
  const { execution_id } = objectOf((await bridge.post("tool/call", text)).body.metadata);
  const why = await bridge.get(`history/${execution_id}`);
  expect(why.text).toContain('"number":12345678901234567890');
});

test("a call can be told how to be made, and a wrong wish is named", async () => {
  const call = { tool: "one.echo", arguments: { text: "a" }, use_cache: false, retries: 0 };
  expect((await bridge.post("tool/call", { ...call, timeout: 5 })).status).toBe(200);
  const slow = { ...call, arguments: { beforeMs: 20_000 }, timeout: 0.2 };
  const late = await bridge.post("tool/call", slow);
  expect([late.status, objectOf(late.body.error).code]).toEqual([504, "timeout"]);
  const wrong = await bridge.post("tool/call", { ...call, timeout: "soon" });
  expect([wrong.status, objectOf(wrong.body.error).message]).toEqual([
    400,
    expect.stringContaining("timeout"),
  ]);
});

test("each call of a batch has its own outcome", async () => {
  const { status, body } = await bridge.post("tool/batch", {
    calls: [
      { tool: "one__echo", arguments: { text: "a" } },
      { tool: "one__nothing" },
      { tool: "one__echo", arguments: { text: "b", fail: true } },
    ],
  });
  expect([status, body.success]).toEqual([200, true]);
  const { results, ...sums } = objectOf(body.data);
  expect(sums).toEqual({ succeeded: 1, failed: 2 });
  expect(objectsOf(results).map(({ success }) => success)).toEqual([true, false, false]);
});

test("a chain answers its steps, is kept, and one that fails says which step did", async () => {
  const steps = [
    { server: "one", tool: "echo", arguments: { text: "a" } },
    { server: "one", tool: "echo", arguments: { text: "${results.step_1.pid}", fail: true } },
  ];
  const good = await bridge.post("chain", { name: "good", steps: steps.slice(0, 1) });
  expect([good.status, good.body.success]).toEqual([200, true]);
  const { execution_id } = objectOf(good.body.metadata);
  const kept = await bridge.get(`chains/${execution_id}`);
  expect(kept.body.data).toMatchObject({ chain_name: "good", outcome: "succeeded" });
  const bad = await bridge.post("chain", { steps });
  expect([bad.status, bad.body.success]).toEqual([200, false]);
  expect(bad.body).toMatchObject({
    data: { completed_steps: 1, total_steps: 2 },
    error: { code: "chain_failed", details: { step: "step_2" } },
  });
  const planned = await bridge.post("chain", { steps, dry_run: true, mermaid: true });
  expect(planned.body.data).toMatchObject({
    dry_run: true,
    mermaid: expect.stringContaining("flowchart"),
  });
});

test("what was called is in the history, and why it went as it did", async () => {
  const call = { tool: "one.read", arguments: { text: "look me up" } };
  const { execution_id } = objectOf((await bridge.post("tool/call", call)).body.metadata);
  const path = `history?server=one&tool=one.read&limit=1&from=${Date.now() - 60_000}`;
  const [row] = objectsOf(objectOf((await bridge.get(path)).body.data).executions);
  expect(row).toMatchObject({ execution_id, arguments: { text: "look me up" } });
  const why = objectOf((await bridge.get(`history/${execution_id}`)).body.data);
  expect(objectsOf(why.stages).map(({ policy }) => policy)).toContain("authorize");
  const metrics = await bridge.get("metrics?group_by=server&timeframe=24h");
  expect(objectsOf(objectOf(metrics.body.data).metrics)).toMatchObject([{ server: "one" }]);
});

test("tools are listed, found and described", async () => {
  const all = objectOf((await bridge.get("tools")).body.data);
  expect(objectsOf(all.tools).map(({ name }) => name)).toContain("one__echo");
  const found = objectOf((await bridge.get("tools/find?query=echo&limit=1")).body.data);
  expect(objectsOf(found.tools)).toMatchObject([{ name: "one__echo" }]);
  const one = await bridge.get("tools/one.echo");
  expect(one.body.data).toMatchObject({ name: "one__echo", input_schema: { type: "object" } });
});

test("X-Server narrows a request to one server, by id or alias", async () => {
  const narrowed = { "X-Server": "uno" };
  const call = await bridge.post("tool/call", { tool: "echo" }, narrowed);
  expect(call.body.metadata).toMatchObject({ server: "one" });
  const calls = [{ tool: "echo" }, { tool: "read", server: "uno" }];
  const batch = await bridge.post("tool/batch", { calls }, narrowed);
  expect(batch.body.data).toMatchObject({ succeeded: 2 });
  const steps = [{ tool: "echo" }];
  const chain = await bridge.post("chain", { steps }, narrowed);
  expect(chain.body).toMatchObject({ success: true });
  const listed = objectOf((await bridge.get("discover", narrowed)).body.data);
  expect(new Set(objectsOf(listed.tools).map(({ server }) => server))).toEqual(new Set(["one"]));
  const other = await bridge.post("tool/call", { tool: "echo", server: "two" }, narrowed);
  expect(other.status).toBe(400);
  const unknown = await bridge.get("discover", { "X-Server": "onne" });
  expect([unknown.status, unknown.text]).toEqual([
    404,
    expect.stringContaining("Did you mean one?"),
  ]);
});

test("the cache is looked at, switched and cleared", async () => {
  expect((await bridge.post("cache/toggle", { enabled: false })).body.data).toEqual({
    enabled: false,
  });
  expect((await bridge.get("cache")).body.data).toMatchObject({ enabled: false });
  await bridge.post("cache/toggle", { enabled: true });
  expect((await bridge.ask("cache/clear", { method: "POST" })).body.data).toEqual({ cleared: 0 });
});

test("whoever goes away takes the call along", async () => {
  const gone = new AbortController();
  const body = JSON.stringify({ tool: "one.read", arguments: { text: "gone", beforeMs: 60_000 } });
  const call = bridge.ask("tool/call", { method: "POST", body, signal: gone.signal });
  call.catch(() => {});
  const rows = async () =>
    objectsOf(objectOf((await bridge.get("health")).body.data).servers).map(
      ({ running }) => running,
    );
  await until("the call runs", async () => (await rows())[0] === 1);
  gone.abort();
  await expect(call).rejects.toThrow();
  await until("the call has ended", async () => (await rows())[0] === 0);
  const [last] = objectsOf(objectOf((await bridge.get("history?limit=1")).body.data).executions);
  expect(last).toMatchObject({ arguments: { text: "gone" }, error: { code: "cancelled" } });
});

test("the same resources answer below /mcp, and the base lists them", async () => {
  const alias = bridge.url;
  expect((await bridge.get(`${alias}/health`)).body).toMatchObject({ success: true });
  const { resources } = objectOf((await bridge.get(bridge.rest)).body.data);
  expect(objectsOf(resources)).toContainEqual({
    method: "POST",
    path: "/api/mcp/tool/call",
    summary: expect.any(String),
  });
});
