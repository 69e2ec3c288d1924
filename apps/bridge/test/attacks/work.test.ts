import { expect, test } from "vitest";
import { objectOf } from "../../src/cli/data.ts";
import { type Attacked, attackedBridge, countsEachRefusal, expectRow } from "./_attacked.ts";

/** Work that goes on behind its caller's back: workflows, sessions of the handshake era, keys of idempotency. */
const attacked = attackedBridge({ mcpServers: { orchestrator: { embedded: "orchestrator" } } });

type Who = "worker" | "other";
const dataOf = (answer: { body: object }) => objectOf(objectOf(answer.body as never).data);

async function register(it: Attacked, id: string, step: object): Promise<void> {
  const definition = { id, steps: [{ id: "step", ...step }] };
  const answer = await it.rest("worker", "tool/call", {
    body: { tool: "orchestrator.register_workflow", arguments: { definition } },
  });
  expect([answer.status, answer.code], answer.text).toEqual([200, undefined]);
}
const execute = (it: Attacked, who: Who, workflow: string, more: object = {}) =>
  it.rest(who, "workflow/execute", { body: { workflow, wait_seconds: 20, ...more } });

test.each([
  ["a tool that it may not call", { server: "one", tool: "secret" }, "secret", "one"],
  ["that tool by an alias", { server: "uno", tool: "secret" }, "secret", "one"],
  ["a tool of another server", { server: "one-two", tool: "echo" }, "echo", "one-two"],
])("a workflow does not reach %s for whoever executes it", async (what, step, tool, server) => {
  const it = attacked();
  const id = `reach-${what.length}`;
  await register(it, id, step);
  const before = it.seen().length;
  const { text } = await execute(it, "worker", id);
  expect(text).toContain("denied");
  expect(it.seen().slice(before)).toEqual([]);
  await expectRow(it, { event: "call_refused", tool, server });
});

test("an execution and its key of idempotency are its caller's own", async () => {
  const it = attacked();
  await register(it, "mine", { server: "one", tool: "echo", arguments: { text: "mine" } });
  const once = { idempotency_key: "once" };
  const own = await execute(it, "worker", "mine", once);
  const id = String(dataOf(own).executionId);
  expect([own.status, id]).toEqual([200, expect.stringMatching(/./)]);
  for (const path of [`workflow/executions/${id}`, `workflow/executions/${id}/cancel`]) {
    const isChange = path.endsWith("cancel");
    const read = await it.rest("other", path, isChange ? { body: {} } : {});
    expect([path, read.text.includes("mine"), /not_found|denied/.test(read.text)]).toEqual([
      ...[path, false, true],
    ]);
  }
  expect((await it.rest("other", "workflow/executions")).text).not.toContain(id);
  const again = await execute(it, "worker", "mine", once);
  expect(dataOf(again).executionId).toBe(id);
  const others = await execute(it, "other", "mine", once);
  expect(dataOf(others).executionId).not.toBe(id);
});

test("a session of the handshake era serves the one that opened it", async () => {
  const it = attacked();
  const send = (who: Who, body: object, session?: string) =>
    it.raw({
      ...{ method: "POST", path: "/mcp", body: JSON.stringify({ jsonrpc: "2.0", ...body }) },
      headers: [
        ["Host", `127.0.0.1:${it.port}`],
        ["X-API-Key", it.keys[who]],
        ["Content-Type", "application/json"],
        ["Accept", "application/json, text/event-stream"],
        ...(session === undefined ? [] : ([["Mcp-Session-Id", session]] as const)),
      ],
    });
  const params = {
    ...{ protocolVersion: "2025-11-25", capabilities: {} },
    clientInfo: { name: "a", version: "1" },
  };
  const opened = await send("worker", { id: 1, method: "initialize", params });
  const session = String(opened.headers["mcp-session-id"]);
  await send("worker", { method: "notifications/initialized" }, session);
  const call = { id: 2, method: "tools/call", params: { name: "one__echo", arguments: {} } };
  expect((await send("worker", call, session)).text).toContain("one echo");
  const before = it.seen().length;
  for (const [who, id] of [
    ["other", session],
    ["worker", `${session.slice(0, -1)}${session.endsWith("A") ? "B" : "A"}`],
    ["worker", "../../session"],
    ["worker", "__proto__"],
  ] as const) {
    const { status, code } = await send(who, call, id);
    expect([who, id.length > 0, status, typeof code]).toEqual([who, true, 404, "number"]);
  }
  expect(it.seen().length).toBe(before);
  await expectRow(it, { event: "request_refused", status: 404 });
});

countsEachRefusal(attacked);
