import type { Clock } from "@trestle/protocol";
import { systemClock } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createMemoryVerdicts, type Verdict, type VerdictStore } from "../src/index.ts";
import { context, fixture, upstreamOf } from "./_parts.ts";
import { serve, serveSse, serveV1, serveV2 } from "./fixtures/http-servers.ts";

test("a server that ends on the probe is started again for the legacy era", async () => {
  const upstream = upstreamOf(fixture("raw", "--exit-on-probe"));
  expect(await upstream.ready()).toMatchObject({ era: "legacy", protocolVersion: "2025-06-18" });
  expect(upstream.health()).toMatchObject({ state: "ready", restarts: 0 });
});

test("a server that is silent on the probe is asked in the legacy era on the same pipe", async () => {
  const upstream = upstreamOf({ ...fixture("raw", "--mute-probe"), probeTimeoutMs: 100 });
  expect(await upstream.ready()).toMatchObject({ era: "legacy" });
});

test("a modern server that was slow to start is not taken for a legacy one", async () => {
  const config = fixture("raw", "--modern", "--mute-first-probe");
  const upstream = upstreamOf({ ...config, probeTimeoutMs: 100 });
  expect(await upstream.ready()).toMatchObject({ era: "modern" });
});

test.each(["--modern", "--dual"])(
  "a server (%s) that answers the probe late is not taken for a legacy one either",
  async (flag) => {
    const config = fixture("raw", flag, "--late-probe");
    const { verdicts, kept } = spied();
    const upstream = upstreamOf({ ...config, probeTimeoutMs: 100 }, { verdicts });
    expect(await upstream.ready()).toMatchObject({ era: "modern" });
    expect(upstream.health()).toMatchObject({ state: "ready", restarts: 0 });
    expect(kept()).toMatchObject({ era: "modern" });
    expect(await upstream.request("tools/list", {}, context())).toMatchObject({ nextCursor: "1" });
  },
);

test("a server of the SDK that starts for longer than a probe may take is met in its newest era", async () => {
  const upstream = upstreamOf({ ...fixture("v2-stdio"), probeTimeoutMs: 1 });
  expect(await upstream.ready()).toMatchObject({ era: "modern" });
});

test("a server that refuses the probe late stays at the legacy era", async () => {
  const config = fixture("raw", "--legacy", "--late-probe");
  const upstream = upstreamOf({ ...config, probeTimeoutMs: 100 });
  expect(await upstream.ready()).toMatchObject({ era: "legacy" });
});

test("a server that answers a protocol version nobody knows is refused", async () => {
  const upstream = upstreamOf(fixture("raw", "--version=2031-01-01"));
  await expect(upstream.ready()).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining('"2031-01-01"'),
  });
});

test("a pinned era is not negotiated", async () => {
  const legacy = upstreamOf({ ...fixture("raw", "--exit-on-probe"), era: "legacy" });
  expect(await legacy.ready()).toMatchObject({ era: "legacy" });
  const modern = upstreamOf({ ...fixture("raw", "--legacy"), era: "modern" });
  await expect(modern.ready()).rejects.toMatchObject({ code: "unsupported" });
});

test("a legacy verdict spares the probe for a day, a modern one holds until it fails", async () => {
  const { verdicts, kept } = spied();
  let now = 1_000_000;
  const clock: Clock = { ...systemClock, now: () => now };
  const parts = { verdicts, clock };
  await upstreamOf(fixture("raw", "--legacy"), parts).ready();
  expect(kept()).toEqual({ era: "legacy", at: 1_000_000 });
  now += 23 * 3_600_000;
  await upstreamOf(fixture("raw", "--legacy"), parts).ready();
  expect(kept(), "a verdict relied on keeps its age").toEqual({ era: "legacy", at: 1_000_000 });
  now += 2 * 3_600_000;
  await upstreamOf(fixture("raw", "--legacy"), parts).ready();
  expect(kept()).toEqual({ era: "legacy", at: now });
});

test.each([
  ["modern", "--legacy", "legacy"],
  ["legacy", "--modern", "modern"],
] as const)(
  "a %s verdict that no longer holds (%s) is forgotten, and the era found out anew",
  async (era, flag, found) => {
    const { verdicts, kept } = spied({ era, at: Date.now() });
    const upstream = upstreamOf(fixture("raw", flag), { verdicts });
    expect(await upstream.ready()).toMatchObject({ era: found });
    expect(kept()).toMatchObject({ era: found });
  },
);

test("the transport is part of the verdict over HTTP", async () => {
  const { verdicts, kept } = spied();
  const [sse, v1, v2] = await Promise.all([serveSse(), serveV1(), serveV2()]);
  for (const [server, expected] of [
    [sse, { era: "legacy", transport: "sse" }],
    [v1, { era: "legacy", transport: "streamable" }],
    [v2, { era: "modern", transport: "streamable" }],
  ] as const) {
    const config = { kind: "http", url: server.url } as const;
    const upstream = upstreamOf(config, { verdicts });
    await upstream.ready();
    expect(kept()).toMatchObject(expected);
    expect(await upstreamOf(config, { verdicts }).ready()).toMatchObject({ era: expected.era });
    await upstream.close();
    await server.close();
  }
});

test.each([
  [401, "denied"],
  [403, "denied"],
  [429, "rate_limited"],
  [503, "unavailable"],
  [500, "unavailable"],
])("HTTP %i says nothing of the era and is reported as %s", async (status, code) => {
  const { verdicts, kept } = spied();
  let requests = 0;
  const server = await serve((_request, response) => {
    requests += 1;
    response.writeHead(status, { "retry-after": "7" }).end("no");
  });
  const upstream = upstreamOf({ kind: "http", url: server.url }, { verdicts });
  await expect(upstream.ready()).rejects.toMatchObject({ code, details: { sent: false } });
  expect(requests).toBe(1);
  expect(kept()).toBeUndefined();
  await server.close();
});

test("an address that nobody listens at is unavailable", async () => {
  const server = await serve(() => {});
  await server.close();
  const upstream = upstreamOf({ kind: "http", url: server.url });
  await expect(upstream.ready()).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("ECONNREFUSED"),
    details: { upstream: "peer", sent: false },
  });
});

test("an address that serves something else is reported with what it said", async () => {
  const server = await serve(
    (_request, response) => void response.writeHead(404).end("<h1>Nope</h1>"),
  );
  const upstream = upstreamOf({ kind: "http", url: server.url });
  await expect(upstream.request("tools/list", {}, context())).rejects.toThrow(/HTTP 404: <h1>Nope/);
  await server.close();
});

function spied(first?: Verdict): { verdicts: VerdictStore; kept: () => Verdict | undefined } {
  const inner = createMemoryVerdicts();
  let last: Verdict | undefined = first;
  let untouched = first !== undefined;
  return {
    verdicts: {
      get: (key) => (untouched ? first : inner.get(key)),
      set(key, verdict) {
        untouched = false;
        last = verdict;
        return inner.set(key, verdict);
      },
    },
    kept: () => last,
  };
}
