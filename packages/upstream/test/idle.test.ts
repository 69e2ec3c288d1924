import { expect, test } from "vitest";
import type { Upstream, UpstreamConfig } from "../src/index.ts";
import { manualClock } from "./_clock.ts";
import { alive, context, fixture, until, upstreamOf } from "./_parts.ts";
import { serveV1 } from "./fixtures/http-servers.ts";

const MINUTE = 60_000;
const call = (name: string) => ({ name, arguments: {} });
const pidOf = (upstream: Upstream): number => upstream.health().pid ?? 0;

/** A server of the legacy era that may be unused for ten minutes, by a clock that the test moves. */
function idleUpstream(config: Omit<UpstreamConfig, "id"> | object = fixture("raw")) {
  const clock = manualClock();
  const idleStopMs = () => 10 * MINUTE;
  const upstream = upstreamOf({ era: "legacy", idleStopMs, ...config } as never, { clock });
  return { upstream, clock };
}

test("a child that nobody uses is ended, and started again by the next request", async () => {
  const { upstream, clock } = idleUpstream();
  await upstream.request("tools/call", call("pid"), context());
  const pid = pidOf(upstream);
  clock.advance(9 * MINUTE);
  await upstream.request("tools/call", call("pid"), context());
  clock.advance(9 * MINUTE);
  expect(pidOf(upstream), "each request begins the time anew").toBe(pid);
  clock.advance(1 * MINUTE);
  expect(upstream.health()).toMatchObject({ state: "idle", restarts: 0 });
  expect(upstream.health().pid).toBeUndefined();
  const { pid: next } = await upstream.request("tools/call", call("pid"), context());
  expect(next).not.toBe(pid);
  expect(alive(pid), "two processes of one server never run at once").toBe(false);
  expect(upstream.health()).toMatchObject({ state: "ready", restarts: 0 });
});

test("reading lists is no use of a child", async () => {
  const { upstream, clock } = idleUpstream();
  await upstream.ready();
  clock.advance(9 * MINUTE);
  await upstream.request("tools/list", {}, context());
  clock.advance(1 * MINUTE);
  expect(upstream.health().state).toBe("idle");
});

test("a child with a running request is not ended", async () => {
  const { upstream, clock } = idleUpstream();
  const control = new AbortController();
  const hanging = upstream.request("tools/call", call("hang"), context({ signal: control.signal }));
  await upstream.request("tools/call", call("pid"), context());
  clock.advance(60 * MINUTE);
  expect(upstream.health().state).toBe("ready");
  control.abort();
  await expect(hanging).rejects.toMatchObject({ code: "cancelled" });
  clock.advance(10 * MINUTE);
  expect(upstream.health().state).toBe("idle");
});

test("a child whose resource is watched is not ended until nobody watches", async () => {
  const { upstream, clock } = idleUpstream(fixture("v1-stdio"));
  const uri = "test://note";
  await upstream.request("resources/subscribe", { uri }, context());
  clock.advance(60 * MINUTE);
  expect(upstream.health().state).toBe("ready");
  await upstream.request("resources/unsubscribe", { uri }, context());
  clock.advance(10 * MINUTE);
  expect(upstream.health().state).toBe("idle");
});

test("an HTTP session that nobody uses is ended, and opened again by the next request", async () => {
  const server = await serveV1();
  try {
    const { upstream, clock } = idleUpstream({ kind: "http", url: server.url });
    const echo = { name: "echo", arguments: { text: "hello" } };
    await upstream.request("tools/call", echo, context());
    expect(server.sessions()).toBe(1);
    clock.advance(10 * MINUTE);
    await until(() => server.sessions() === 0);
    const result = await upstream.request("tools/call", echo, context());
    expect(result.content).toEqual([{ type: "text", text: "hello" }]);
    expect(server.sessions()).toBe(1);
  } finally {
    await server.close();
  }
});

test("a limit that is changed is followed, and none means for ever", async () => {
  const clock = manualClock();
  let limit = 0;
  const upstream = upstreamOf(
    { ...fixture("raw"), era: "legacy", idleStopMs: () => limit },
    { clock },
  );
  await upstream.ready();
  clock.advance(1_000 * MINUTE);
  expect(upstream.health().state).toBe("ready");
  limit = 5 * MINUTE;
  clock.advance(1 * MINUTE);
  expect(upstream.health().state).toBe("idle");
});

test("what served nothing but lists can be ended at once, what was used cannot", async () => {
  const { upstream } = idleUpstream();
  await upstream.request("tools/list", {}, context());
  upstream.rest();
  expect(upstream.health().state).toBe("idle");
  await upstream.request("tools/call", call("pid"), context());
  upstream.rest();
  expect(upstream.health().state).toBe("ready");
});

test("what is awaited from a server when it would be ended is answered", async () => {
  const { upstream } = idleUpstream();
  await upstream.ready();
  const answer = upstream.request("tools/call", call("pid"), context());
  upstream.rest();
  expect(await answer).toMatchObject({ pid: pidOf(upstream) });
});
