import { join } from "node:path";
import { type Principal, silentLogger, systemClock } from "@trestle/protocol";
import { expect, test } from "vitest";
import { open } from "./access/_access.ts";
import { createHostFactory, type InnerCall } from "./host.ts";

const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;

function contextOf(principal: Principal) {
  return { principal, signal: new AbortController().signal, client };
}

async function openHost() {
  const opened = await open();
  const calls: InnerCall[] = [];
  const hostFor = createHostFactory({
    clock: systemClock,
    log: silentLogger,
    access: opened.access,
    listTools: async () => [{ name: "a" }],
    callTool: async (call) => {
      calls.push(call);
      return { content: [] };
    },
  });
  return { ...opened, calls, host: hostFor("orchestrator", join(opened.home, "orchestrator")) };
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
