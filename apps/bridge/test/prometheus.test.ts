import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "./_processes.ts";
import { type RestBridge, rawStatus, startRest } from "./_rest.ts";

const KEY = "a-key-of-sixteen-letters";
const scraper = { authorization: `Bearer ${KEY}` };

let bridge: RestBridge;
let admin: Record<string, string>;
beforeAll(async () => {
  bridge = await startRest({
    http: { key: KEY },
    access: { keyScopes: ["bridge:prometheus:read"] },
  });
  const text = readFileSync(join(bridge.home, "admin.key"), "utf8").trim();
  admin = { authorization: `Bearer ${text}` };
}, 60_000);
afterAll(async () => {
  await bridge?.stop();
});

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the text as strictly as Prometheus does: each family has its help and type before its samples. */
function parse(text: string): Sample[] {
  const families = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.slice(0, -1).split("\n")) {
    const [, type, kind] = /^# TYPE ([a-z_:]+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (type !== undefined && kind !== undefined) {
      expect(families.has(type)).toBe(false);
      families.set(type, kind);
      continue;
    }
    if (line.startsWith("# HELP ")) continue;
    const [, name = "", inner = "", value] =
      /^([a-z_:]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)$/.exec(line) ?? [];
    expect([line, Number.isFinite(Number(value))]).toEqual([line, true]);
    const family = families.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, "");
    expect([line, families.has(family)]).toEqual([line, true]);
    expect([line, seen.has(`${name}{${inner}}`)]).toEqual([line, false]);
    seen.add(`${name}{${inner}}`);
    const labels = [...inner.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text_]) => [
      ...[key, text_],
    ]);
    samples.push({ name, labels: Object.fromEntries(labels), value: Number(value) });
  }
  return samples;
}

async function scrape(headers: Record<string, string> = scraper) {
  const response = await fetch(`${bridge.rest}/prometheus`, { headers });
  const text = await response.text();
  return { status: response.status, type: response.headers.get("content-type"), text };
}

test("Prometheus reads calls by server, tool and outcome, and the state of every part", async () => {
  expect(await scrape()).toMatchObject({
    ...{ status: 200, type: "text/plain; version=0.0.4; charset=utf-8" },
  });
  const call = (args: object) =>
    bridge.post("tool/call", { tool: "one.echo", arguments: args }, admin);
  await call({ text: "a" });
  await call({ text: 'b"\\\n' });
  await call({ fail: true });
  await bridge.post("tool/call", { tool: "one.echo", arguments: {} }, scraper);
  const samples = parse((await scrape()).text);
  const figureOf = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    samples.find(
      (each) =>
        each.name === name && Object.entries(labels).every(([key, at]) => each.labels[key] === at),
    )?.value;
  const one = { server: "one", tool: "echo" };
  expect(figureOf("trestle_calls_total", { ...one, outcome: "success" })).toBe(2);
  expect(figureOf("trestle_calls_total", { ...one, outcome: "tool_error" })).toBe(1);
  expect(figureOf("trestle_calls_total", { ...one, outcome: "denied" })).toBe(1);
  const buckets = samples.filter(
    ({ name, labels }) =>
      name === "trestle_call_duration_seconds_bucket" && labels.outcome === "success",
  );
  const counts = buckets.map(({ value }) => value);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  expect([buckets.at(-1)?.labels.le, counts.at(-1)]).toEqual(["+Inf", 2]);
  expect(figureOf("trestle_call_duration_seconds_count", { outcome: "success" })).toBe(2);
  expect(figureOf("trestle_server_state", { server: "one", state: "ready" })).toBe(1);
  expect(figureOf("trestle_cache_lookups_total", { result: "hit" })).toBe(0);
  expect(figureOf("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  expect(figureOf("trestle_tools")).toBeGreaterThan(5);
});

test("it takes a scope of its own, and tells nobody else", async () => {
  expect((await scrape({})).status).toBe(401);
  expect((await scrape(admin)).status).toBe(200);
  const other = await startRest({ http: { key: KEY }, access: { keyScopes: ["one:*"] } });
  const refused = await other.get("prometheus", scraper);
  expect([refused.status, refused.text]).toEqual([
    403,
    expect.stringContaining("bridge:prometheus:read"),
  ]);
  await other.stop();
});

test("liveness and readiness need no key; a foreign name is refused", async () => {
  const root = bridge.rest.replace("/api/mcp", "");
  expect((await fetch(`${root}/healthz`)).status).toBe(200);
  const ready = await fetch(`${root}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { ok: true }]);
  const method = "GET";
  expect(await rawStatus(`${root}/readyz`, { method, headers: { host: "evil.example" } })).toBe(
    403,
  );
});

test("a bridge whose first server still starts is not ready, and one whose server is gone is degraded", async () => {
  const slow = await startRest({}, {}, { args: ["-e", "setTimeout(() => {}, 60000)"] });
  const ready = () => fetch(slow.rest.replace("/api/mcp", "/readyz"));
  expect(await (await ready()).json()).toMatchObject({ ok: false });
  await slow.stop();
  const broken = await startRest({}, {}, { args: ["-e", "process.exit(1)"] });
  const asked = () => fetch(broken.rest.replace("/api/mcp", "/readyz"));
  await until("it is ready all the same", async () => (await asked()).status === 200);
  const { data } = (await broken.get("health")).body;
  expect(data).toMatchObject({ status: "degraded", reasons: [expect.stringContaining("one")] });
  await broken.stop();
});
