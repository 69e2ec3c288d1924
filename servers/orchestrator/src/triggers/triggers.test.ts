import { createHmac } from "node:crypto";
import {
  type Host,
  type JsonObject,
  LOCAL_PRINCIPAL,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { createStandaloneHost } from "@trestle-mcp/server-kit";
import { afterEach, expect, test } from "vitest";
import { openAutomation } from "../schedules/automation.ts";
import type { ExecuteRequest } from "../workflows/workflows.ts";
import { triggerInput } from "./trigger.ts";

const caller = { principal: LOCAL_PRINCIPAL, grant: "{}" };
const bob = { principal: { id: "bob", kind: "key", scopes: [] } as const, grant: "{}" };

let opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened) await each.close();
  opened = [];
});

async function open(folder = temporaryFolder(), webhooksListen = "127.0.0.1:0") {
  const executed: ExecuteRequest[] = [];
  const told: { url?: string } = {};
  const log = {
    ...silentLogger,
    info: (_: string, facts?: object) => Object.assign(told, facts),
  };
  const host: Host = createStandaloneHost({ dataDir: folder, clock: systemClock, log });
  const automation = await openAutomation(
    {
      async execute(request) {
        const { idempotencyKey: key } = request;
        const there = executed.findIndex(({ idempotencyKey }) => idempotencyKey === key);
        const place = there === -1 ? executed.push(request) - 1 : there;
        return { executionId: `run-${place}` } as never;
      },
      workflow: async () => ({}) as never,
    },
    { host, webhooksListen },
  );
  opened.push(automation);
  const set = (given: object) =>
    automation.setTrigger(triggerInput.parse({ workflow: "w", ...given }), caller);
  async function post(id: string, body: string, headers: Record<string, string>) {
    const response = await fetch(`${told.url}${id}`, { method: "POST", body, headers });
    return { status: response.status, answer: (await response.json()) as JsonObject };
  }
  return { automation, host, executed, set, post, folder };
}

const sha = (secret: string, text: string) => createHmac("sha256", secret).update(text);

test("an event of the host begins a workflow, once, where its fields match", async () => {
  const { host, executed, set } = await open();
  host.publish("deploys", { state: "failed", app: "old" });
  await set({ id: "t", event: { topic: "deploys", match: { state: "failed", "by.id": 7 } } });
  for (const by of [7, 7, 8])
    host.publish("deploys", { state: "failed", app: "web", by: { id: by } });
  host.publish("other", { state: "failed", by: { id: 7 } });
  await new Promise((resolve) => setImmediate(resolve));
  expect(executed).toHaveLength(2);
  expect(executed[0]).toMatchObject({
    ...{ id: "w", context: { app: "web", trigger: "t", event: { app: "web", by: { id: 7 } } } },
  });
});

test("triggers are there after a restart", async () => {
  const first = await open();
  await first.set({ id: "t", event: { topic: "deploys" } });
  await first.automation.close();
  opened = [];
  const { host, executed, automation } = await open(first.folder);
  host.publish("deploys", {});
  await new Promise((resolve) => setImmediate(resolve));
  expect(executed).toHaveLength(1);
  await automation.removeTrigger("t", caller);
  host.publish("deploys", {});
  await new Promise((resolve) => setImmediate(resolve));
  expect(executed).toHaveLength(1);
});

test("a webhook that is signed begins a workflow; the same delivery again begins nothing more", async () => {
  const { set, post, executed } = await open();
  const { webhook } = await set({ id: "t", webhook: {} });
  const [body, timestamp] = ['{"order":7}', String(Math.floor(Date.now() / 1_000))];
  const sign = (secret: string) => ({
    ...{ "trestle-delivery": "d1", "trestle-timestamp": timestamp },
    "trestle-signature": `v1=${sha(secret, `d1.${timestamp}.${body}`).digest("hex")}`,
  });
  const headers = sign(webhook?.secret ?? "");
  for (const _ of [1, 2]) {
    const { status, answer } = await post("t", body, headers);
    expect({ status, answer }).toEqual({ status: 202, answer: { executionId: "run-0" } });
  }
  expect(executed[0]).toMatchObject({ context: { order: 7, event: { order: 7 } } });
  for (const [id, text, refused] of [
    ["t", body, sign("another secret!!")],
    ["t", '{"order":8}', headers],
    ["u", body, headers],
    ["t", body, {}],
  ] as const)
    expect((await post(id, text, refused)).status).toBe(401);
  expect(executed).toHaveLength(1);
});

test("webhooks of GitHub and Standard Webhooks are understood", async () => {
  const { set, post } = await open();
  const secret = "0123456789abcdef";
  await set({ id: "hub", webhook: { signature: "github", secret } });
  await set({ id: "std", webhook: { signature: "standard", secret } });
  const hub = { "x-hub-signature-256": `sha256=${sha(secret, "{}").digest("hex")}` };
  expect((await post("hub", "{}", hub)).status).toBe(202);
  const timestamp = Math.floor(Date.now() / 1_000);
  const standard = (at: number) => ({
    ...{ "webhook-id": "m", "webhook-timestamp": String(at) },
    "webhook-signature": `v1,bm8= v1,${sha(secret, `m.${at}.{}`).digest("base64")}`,
  });
  expect((await post("std", "{}", standard(timestamp))).status).toBe(202);
  expect((await post("std", "{}", standard(timestamp - 1_000))).status).toBe(401);
});

test("what is too large, elsewhere or no POST is refused", async () => {
  const { post, set } = await open();
  await set({ id: "t", webhook: {} });
  expect((await post("t", "x".repeat(1_100_000), {})).status).toBe(400);
  expect((await post("t/x", "{}", {})).status).toBe(404);
});

test("others' triggers and schedules are not seen, taken over or deleted; secrets are shown once", async () => {
  const { automation, set } = await open();
  await set({ id: "t", webhook: {} });
  expect(await automation.triggers(bob)).toEqual([]);
  expect(await automation.removeTrigger("t", bob)).toBe(false);
  const stolen = triggerInput.parse({ id: "t", workflow: "w", event: { topic: "x" } });
  await expect(automation.setTrigger(stolen, bob)).rejects.toThrow("take another id");
  const [known] = await automation.triggers(caller);
  expect(known).toMatchObject({ id: "t", path: "/hooks/t", webhook: { signature: "trestle" } });
  expect(JSON.stringify(known)).not.toContain("secret");
});

test("an address that cannot be listened at holds nothing else up", async () => {
  const { host, executed, set } = await open(temporaryFolder(), "nowhere");
  await expect(set({ id: "hook", webhook: {} })).rejects.toThrow("ORCHESTRATOR_WEBHOOKS_LISTEN");
  await set({ id: "t", event: { topic: "deploys" } });
  host.publish("deploys", {});
  await new Promise((resolve) => setImmediate(resolve));
  expect(executed).toHaveLength(1);
});
