import { fileURLToPath } from "node:url";
import { isJsonObject, type JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { attributesOf, type Collector, type Span, startCollector } from "./_collector.ts";
import { contextOf, startCore } from "./_core.ts";
import { createPlace, serve, textOf } from "./_place.ts";
import { until } from "./_processes.ts";
import { entry } from "./_upstreams.ts";

const TELLER = fileURLToPath(new URL("./fixtures/teller.ts", import.meta.url));
const [INTERNAL, SERVER, CLIENT] = [1, 2, 3];

/** A bridge that tells the collector at once, with `one` and a server that calls others. */
async function start({ url }: Collector, more: JsonObject = {}) {
  const place = createPlace();
  const telemetry = { endpoint: url, everyMs: 100, ...more };
  const one = { ...entry(place, "one"), policy: { retry: { retries: 0 } } };
  const core = await startCore(
    { mcpServers: { one, teller: { embedded: TELLER } }, telemetry },
    place,
  );
  const call = async (name: string, args: JsonObject, meta: JsonObject = {}) =>
    core.bridge.instance.request(
      "tools/call",
      { name, arguments: args, _meta: meta },
      contextOf({}),
    );
  return { ...core, call };
}

const serverSpan = (spans: readonly Span[], tool: string) =>
  spans.find(({ kind, attributes }) => kind === SERVER && attributes["gen_ai.tool.name"] === tool);
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";

test("a call is a span in its caller's trace, with one for each policy and one for what the server was asked", async () => {
  const collector = await startCollector();
  const { call } = await start(collector);
  await call("one__echo", { text: "secret words" }, { traceparent: `00-${TRACE}-${CALLER}-01` });
  await until("it is told", () => serverSpan(collector.spans, "echo") !== undefined);
  const { spans } = collector;
  const own = serverSpan(spans, "echo");
  expect(own).toMatchObject({
    ...{ name: "tools/call echo", traceId: TRACE, parentSpanId: CALLER },
    attributes: {
      ...{ "mcp.method.name": "tools/call", "gen_ai.operation.name": "execute_tool" },
      ...{ "trestle.server": "one", "trestle.cached": false, "trestle.attempts": 1 },
      "trestle.execution_id": expect.any(String),
    },
  });
  expect(own?.status).toBeUndefined();
  const children = spans.filter(({ parentSpanId }) => parentSpanId === own?.spanId);
  const names = children.map(({ kind, name }) => [kind, name]);
  expect(names).toContainEqual([INTERNAL, "policy authorize"]);
  expect(names).toContainEqual([CLIENT, "tools/call echo"]);
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  for (const each of children) {
    expect(BigInt(each.startTimeUnixNano)).toBeGreaterThanOrEqual(
      BigInt(own?.startTimeUnixNano ?? 0),
    );
    expect(BigInt(each.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(own?.endTimeUnixNano ?? 0));
  }
  expect(JSON.stringify(spans)).not.toContain("secret words");
  expect(collector.resources[0]).toMatchObject({
    ...{ "service.name": "trestle", "service.version": "0.0.0", "process.pid": process.pid },
  });
});

test("a server gets the trace, and what it calls through the bridge is below it", async () => {
  const collector = await startCollector();
  const { call } = await start(collector);
  const { structuredContent } = await call("teller__relay", { server: "one", tool: "read" });
  await until("both are told", () => serverSpan(collector.spans, "relay") !== undefined);
  const { spans } = collector;
  const relay = serverSpan(spans, "relay");
  const asked = spans.find(
    ({ kind, parentSpanId }) => kind === CLIENT && parentSpanId === relay?.spanId,
  );
  const { traceparent } = objectOf(isJsonObject(structuredContent) ? structuredContent : {});
  expect(traceparent).toBe(`00-${relay?.traceId}-${asked?.spanId}-01`);
  expect(serverSpan(spans, "read")).toMatchObject({
    ...{ traceId: relay?.traceId, parentSpanId: relay?.spanId },
  });
  expect(relay?.parentSpanId).toBeUndefined();
});

test("failures say which, and metrics count them by tool and by kind", async () => {
  const collector = await startCollector();
  const { call } = await start(collector);
  await call("one__echo", { fail: true });
  await call("one__echo", {});
  await call("one__nothing", {}).catch(() => {});
  const points = () => {
    const { dataPoints } = objectOf(
      collector.metrics.get("mcp.server.operation.duration")?.histogram,
    );
    return objectsOf(dataPoints).map(({ attributes, ...point }) => ({
      ...{ ...point, attributes: attributesOf(attributes) },
    }));
  };
  await until("both are counted", () => points().length === 2);
  const failed = points().find(({ attributes }) => attributes["error.type"] === "tool_error");
  expect(failed).toMatchObject({ count: "1", attributes: { "gen_ai.tool.name": "echo" } });
  const { bucketCounts, explicitBounds } = objectOf(failed as unknown as JsonObject);
  expect([(bucketCounts as unknown[]).length, (explicitBounds as unknown[]).length]).toEqual([
    15, 14,
  ]);
  expect([...collector.metrics.keys()]).toContain("trestle.server.up");
  await until("the spans are told", () => collector.spans.some(({ status }) => status));
  expect(collector.spans.find(({ status }) => status)).toMatchObject({
    ...{ status: { code: 2 }, attributes: { "error.type": "tool_error" } },
  });
});

test("a caller's word on its trace wins over the share, and a bad one counts for nothing", async () => {
  const collector = await startCollector();
  const { call } = await start(collector, { sampleRatio: 0 });
  const trace = (flags: string) => ({ traceparent: `00-${TRACE}-${CALLER}-${flags}` });
  await call("one__read", {}, {});
  await call("one__read", {}, { traceparent: "00-nonsense" });
  await call("one__read", {}, trace("00"));
  await call("one__echo", {}, trace("01"));
  await until("that one is told", () => serverSpan(collector.spans, "echo") !== undefined);
  expect(serverSpan(collector.spans, "read")).toBeUndefined();
});

test("what a collector does not take waits for it; what it refuses does not", async () => {
  const collector = await startCollector();
  const { call } = await start(collector, { metrics: false });
  collector.answer(503);
  await call("one__read", {});
  await until("it was tried twice", () => collector.requests() >= 2);
  collector.answer(200);
  await until("it is told", () => serverSpan(collector.spans, "read") !== undefined);
  collector.answer(400);
  const before = collector.requests();
  await call("one__read", {});
  await until("it was refused", () => collector.requests() > before);
  collector.answer(200);
  await call("one__echo", {});
  await until("the next is told", () => serverSpan(collector.spans, "echo") !== undefined);
  expect(collector.spans.filter(({ kind }) => kind === SERVER)).toHaveLength(2);
});

test("a full batch waits for nothing", async () => {
  const collector = await startCollector();
  const { call } = await start(collector, { everyMs: 3_600_000, metrics: false });
  await Promise.all(Array.from({ length: 256 }, () => call("one__read", {})));
  const told = () => collector.spans.filter(({ kind }) => kind === SERVER).length;
  await until("all are told", () => told() === 256);
  expect(new Set(collector.spans.map(({ spanId }) => spanId)).size).toBe(collector.spans.length);
});

test("it is off until it is configured, follows the configuration, and tells its last words at the end", async () => {
  const [place, collector] = [createPlace(), await startCollector()];
  const configure = (telemetry: JsonObject) =>
    place.configure({ mcpServers: { one: entry(place, "one") }, telemetry });
  configure({});
  const { url, pid, ended } = await serve(place, [], { COLLECTOR_KEY: "a-key-of-the-collector" });
  const call = () =>
    fetch(url.replace(/\/mcp$/, "/api/mcp/tool/call"), {
      method: "POST",
      body: JSON.stringify({ tool: "one.echo", arguments: {} }),
    });
  await call();
  const headers = { "x-collector-key": "${COLLECTOR_KEY}" };
  configure({ endpoint: collector.url, headers, everyMs: 100 });
  await until("calls are told", async () => {
    await call();
    return serverSpan(collector.spans, "echo") !== undefined;
  });
  configure({ endpoint: collector.url, headers, everyMs: 3_600_000 });
  const changes = () => textOf(place.logFile).split('"configuration changed"').length - 1;
  await until("it is taken", () => changes() === 2);
  const before = collector.spans.length;
  for (let n = 0; n < 3; n += 1) await call();
  process.kill(pid, "SIGTERM");
  expect(await ended).toBe(0);
  expect(collector.spans.length).toBeGreaterThan(before);
  expect(collector.headers[0]).toMatchObject({ "x-collector-key": "a-key-of-the-collector" });
  expect(textOf(place.logFile)).not.toContain("a-key-of-the-collector");
});
