import { type Host, LOCAL_PRINCIPAL, silentLogger, systemClock } from "@trestle/protocol";
import {
  createStandaloneHost,
  type JsonObject,
  type RequestContext,
} from "@trestle-mcp/server-kit";
import { expect, onTestFinished, test, vi } from "vitest";
import { says, temporaryFolder } from "../engine/_engine.ts";
import { server } from "../server.ts";

const takesTasks: RequestContext = {
  principal: LOCAL_PRINCIPAL,
  signal: new AbortController().signal,
  client: {
    era: "modern",
    protocolVersion: "2026-07-28",
    capabilities: { extensions: { "io.modelcontextprotocol/tasks": {} } },
  },
};

const definition = {
  id: "greet",
  steps: [
    { id: "look", server: "s", tool: "find" },
    { id: "ask", type: "approval", message: "Greet them?", dependsOn: ["look"] },
  ],
};

function openOn(path: string) {
  const host = createStandaloneHost({ dataDir: path, clock: systemClock, log: silentLogger });
  const calls = { listTools: async () => [], callTool: async () => says({ found: "Ann" }) };
  const port: Host = { ...host, forGrant: () => calls, forCall: () => calls };
  const instance = server.mount(port, {});
  const close = async () => {
    await instance.close();
    await host.close();
  };
  const request = (method: string, params: JsonObject) =>
    instance.request(method, params, takesTasks);
  const call = (name: string, args: JsonObject) => request("tools/call", { name, arguments: args });
  return { request, call, close };
}

async function openWithGreeting() {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const opened = openOn(folder.path);
  await opened.call("register_workflow", { definition });
  return { ...opened, path: folder.path };
}

test("an execution that takes long is a task, which tells what it waits for", async () => {
  const { call, request, close } = await openWithGreeting();
  onTestFinished(close);
  const created = await call("execute_workflow", { workflow: "greet" });
  const { taskId = "" } = created;
  expect(created).toMatchObject({ resultType: "task", status: "working" });
  await vi.waitFor(async () => {
    expect(await request("tasks/get", { taskId })).toMatchObject({
      statusMessage: "1 of 2 steps are done; ask waits for: approval.",
    });
  });
  await call("approve_step", { executionId: taskId, step: "ask", approve: true });
  await vi.waitFor(
    async () => {
      expect(await request("tasks/get", { taskId })).toMatchObject({
        status: "completed",
        result: { structuredContent: { executionId: taskId, status: "succeeded" } },
      });
    },
    { timeout: 20_000 },
  );
});

test("whoever goes on with an execution knows its task, and cancelling one cancels the other", async () => {
  const before = await openWithGreeting();
  const { taskId = "" } = await before.call("execute_workflow", { workflow: "greet" });
  await before.close();
  const { request, call, close } = openOn(before.path);
  onTestFinished(close);
  expect(await request("tasks/get", { taskId })).toMatchObject({ taskId, status: "working" });
  expect(await request("tasks/cancel", { taskId })).toEqual({ resultType: "complete" });
  expect(await request("tasks/get", { taskId })).toMatchObject({ status: "cancelled" });
  const execution = await call("get_execution", { executionId: taskId });
  expect(execution).toMatchObject({ structuredContent: { status: "cancelled" } });
  await expect(request("tasks/get", { taskId: "nothing" })).rejects.toThrow(/no task/);
});
