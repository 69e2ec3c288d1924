import { join } from "node:path";
import { createHub } from "@trestle/events";
import { type Principal, silentLogger, systemClock } from "@trestle/protocol";
import { expect, test } from "vitest";
import { open } from "./access/_access.ts";
import { createHostFactory, type InnerCall } from "./host.ts";
import { createHostTopics } from "./host-topics.ts";

const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;

function contextOf(principal: Principal) {
  return { principal, signal: new AbortController().signal, client };
}

async function openHost() {
  const opened = await open();
  const calls: InnerCall[] = [];
  const hub = createHub();
  const hostFor = createHostFactory({
    clock: systemClock,
    log: silentLogger,
    access: opened.access,
    topicsOf: createHostTopics({ hub, heard: hub, redact: (payload) => payload }),
    listTools: async () => [{ name: "a" }],
    callTool: async (call) => {
      calls.push(call);
      return { content: [] };
    },
  });
  return {
    ...opened,
    calls,
    hub,
    hostFor,
    host: hostFor("orchestrator", join(opened.home, "orchestrator")),
  };
}

test("stored work goes on with its grant's scopes until the key is revoked", async () => {
  const { access, createKey, calls, host } = await openHost();
  const { principal, id } = await createKey(["database:*"]);
  const stored = JSON.stringify(await host.delegate(contextOf(principal), ["*:*:read"]));
  const work = host.forGrant(JSON.parse(stored));
  await work.callTool("database", "query", {});
  expect(calls[0]?.context.principal).toEqual({ ...principal, scopes: ["database:*:read"] });
  expect(await work.listTools()).toHaveLength(1);
  await access.keys.revoke(id);
  const revoked = { code: "denied", message: expect.stringContaining("was revoked") };
  await expect(work.callTool("database", "query", {})).rejects.toMatchObject(revoked);
  await expect(work.listTools()).rejects.toMatchObject(revoked);
  expect(calls).toHaveLength(1);
});

test("a server that asks for more than its caller has gets nothing", async () => {
  const { createKey, host } = await openHost();
  const { principal } = await createKey(["database:*:read"]);
  await expect(host.delegate(contextOf(principal), ["tracker:*"])).rejects.toMatchObject({
    code: "denied",
  });
});

test("what a server audits stands in the bridge's log under that server's name", async () => {
  const { host, audited } = await openHost();
  await host.audit({ event: "run_started", run: "r1", server: "somebody else" });
  expect(await audited()).toEqual([{ event: "run_started", run: "r1", server: "orchestrator" }]);
});

test("what one server tells, the others hear, and the hub says who told it", async () => {
  const { hub, host, hostFor } = await openHost();
  const heard: { seq: number; payload: object }[] = [];
  host.publish("deploys", { app: "early" });
  const stop = hostFor("tracker", "").subscribe("deploys", Number.POSITIVE_INFINITY, (event) =>
    heard.push(event),
  );
  host.publish("deploys", { app: "web" });
  host.publish("other", {});
  hub.publish("call.error", {});
  stop();
  host.publish("deploys", { app: "late" });
  expect(heard).toMatchObject([{ seq: 2, payload: { app: "web" } }]);
  const told: unknown[] = [];
  hub.subscribe({ topics: ["deploys"], since: 0 }, (message) => void told.push(message));
  expect(told).toMatchObject([1, 2, 5].map((seq) => ({ event: { seq, source: "orchestrator" } })));
});

test("a server hears what the bridge tells, and what it missed", async () => {
  const { hub, host } = await openHost();
  hub.publish("call.error", { n: 1 });
  hub.publish("call.error", { n: 2 });
  const heard: unknown[] = [];
  host.subscribe("call.error", 1, ({ payload }) => heard.push(payload.n));
  expect(hub.isWatched("call.error")).toBe(true);
  hub.publish("call.error", { n: 3 });
  expect(heard).toEqual([2, 3]);
});

test.each([
  ["in the bridge's name", "call.success", {}],
  ["under a topic that the bridge may have one day", "breaker.broken", {}],
  ["under no topic", "", {}],
  ["more than news", "deploys", { text: "x".repeat(40_000) }],
])("a server tells nothing %s", async (_what, topic, payload) => {
  const { hub, host } = await openHost();
  expect(() => host.publish(topic, payload)).toThrow(
    expect.objectContaining({ code: "invalid_input" }),
  );
  expect(hub.lastSeq()).toBe(0);
});
