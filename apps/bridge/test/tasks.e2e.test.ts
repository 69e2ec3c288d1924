import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { type JsonObject, META, MODERN_VERSION, TASKS_EXTENSION } from "@trestle/protocol";
import { nodeEnvironment } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { type Answer, parseAnswer } from "./_peer.ts";
import { createPlace, serve } from "./_place.ts";
import { until } from "./_processes.ts";
import { type RestBridge, startRest } from "./_rest.ts";

/** Servers of both eras whose tools go on as tasks, behind the bridge. */

const file = (name: string) =>
  fileURLToPath(new URL(`../../../packages/testkit/src/task-servers/${name}.ts`, import.meta.url));
const CORE = file("core-tasks");
const EXTENSION = file("extension-tasks");

const spawned: ChildProcess[] = [];

/** Starts one over HTTP; its address. */
async function startHttp(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, args, { env: nodeEnvironment() });
  spawned.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
  }
  let url = "";
  await until("the server tells its address", () => {
    url = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(said)?.[0] ?? "";
    return url !== "";
  });
  return url;
}

let bridge: RestBridge;
let addresses: { readonly core: string; readonly extension: string };
beforeAll(async () => {
  const [core, extension] = await Promise.all([
    startHttp(CORE, "--http"),
    startHttp(EXTENSION, "--http", "127.0.0.1:0"),
  ]);
  addresses = { core, extension };
  bridge = await startRest(
    {},
    {},
    {},
    {
      "core-stdio": { command: process.execPath, args: [CORE] },
      "core-http": { url: core },
      "ext-stdio": { command: process.execPath, args: [EXTENSION] },
      "ext-http": { url: extension },
    },
  );
}, 90_000);
afterAll(async () => {
  await bridge?.stop();
  for (const child of spawned) {
    child.kill("SIGKILL");
    await once(child, "close");
  }
});

const WITH_TASKS: JsonObject = { extensions: { [TASKS_EXTENSION]: {} } };

interface Caller {
  readonly capabilities?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly url?: string;
}

/** A request of the modern era. */
async function ask(method: string, params: JsonObject, client: Caller = {}): Promise<Answer> {
  const { capabilities = WITH_TASKS, headers = {}, url = bridge.url } = client;
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": MODERN_VERSION,
      "mcp-method": method,
      "mcp-name": String(params.taskId ?? params.name),
      ...headers,
    },
    body: JSON.stringify({
      ...{ jsonrpc: "2.0", id: 1, method },
      params: {
        ...params,
        _meta: {
          [META.protocolVersion]: MODERN_VERSION,
          [META.clientCapabilities]: capabilities,
          [META.clientInfo]: { name: "test", version: "1" },
        },
      },
    }),
  });
  return parseAnswer(await response.text());
}

const call = (tool: string, args: JsonObject, client?: Caller) =>
  ask("tools/call", { name: tool, arguments: args }, client);

/** Asks for the task until it stands so. */
async function untilTask(taskId: unknown, status: string, client?: Caller): Promise<JsonObject> {
  let seen: JsonObject = {};
  await until(`the task is ${status}`, async () => {
    const { result, error } = await ask("tasks/get", { taskId: String(taskId) }, client);
    expect(error).toBeUndefined();
    seen = result ?? {};
    return seen.status === status;
  });
  return seen;
}

const textOf = (result: JsonObject | undefined) => JSON.stringify(objectsOf(result?.content));
const servers = ["core-stdio", "core-http", "ext-stdio", "ext-http"];

describe.each(servers)("%s", (server) => {
  const slow = `${server}__slow`;

  test("a client that takes tasks gets one, and asks for what it comes to", async () => {
    const { result = {} } = await call(slow, { ms: 200 });
    expect(result).toMatchObject({ resultType: "task", status: "working" });
    const { taskId } = result;
    const seen = await untilTask(taskId, "completed");
    expect([seen.taskId, seen.resultType]).toEqual([taskId, "complete"]);
    expect(textOf(objectOf(seen.result))).toContain("it is done");
  });

  test("a tool that fails in its task is a result that says so", async () => {
    const { result = {} } = await call(slow, { ms: 50, fail: true });
    const seen = await untilTask(result.taskId, "completed");
    expect(seen.result).toMatchObject({ isError: true });
  });

  test("a task is cancelled through the bridge", async () => {
    const { result = {} } = await call(slow, { ms: 600_000 });
    const { taskId } = result;
    expect((await ask("tasks/cancel", { taskId: String(taskId) })).error).toBeUndefined();
    expect(await untilTask(taskId, "cancelled")).not.toHaveProperty("result");
  });

  test("whoever takes no tasks waits for the result, as long as the call may take", async () => {
    const { result } = await call(slow, { ms: 200 }, { capabilities: {} });
    expect(result?.resultType).toBe("complete");
    expect(textOf(result)).toContain("it is done");
    const failed = await call(slow, { ms: 50, fail: true }, { capabilities: {} });
    expect(failed.result).toMatchObject({ isError: true });
    const rest = await bridge.post("tool/call", { tool: slow, arguments: { ms: 50 } });
    expect(rest.body).toMatchObject({ success: true });
    const late = { tool: slow, arguments: { ms: 600_000 }, timeout: 1 };
    const { status, body } = await bridge.post("tool/call", late);
    // What only reads can be asked again; of what may write nobody knows.
    const isRead = server.startsWith("ext");
    expect([status, objectOf(body.error).code]).toEqual(
      isRead ? [504, "timeout"] : [502, "outcome_unknown"],
    );
  });

  test("a chain goes on with results, whoever runs it", async () => {
    const steps = [{ server, tool: "slow", arguments: { ms: 50 } }];
    const { result = {}, error } = await call("bridge__run_chain", { steps });
    expect(error).toBeUndefined();
    expect(result.structuredContent).toMatchObject({ success: true, completed_steps: 1 });
  });
});

test("what a task asks is answered by its client, or asked of one that takes no tasks", async () => {
  const { result = {} } = await call("ext-http__asking", {});
  const { taskId } = result;
  const asking = await untilTask(taskId, "input_required");
  expect(asking.inputRequests).toMatchObject({ who: { method: "elicitation/create" } });
  const inputResponses = { who: { action: "accept", content: { name: "Ann" } } };
  await ask("tasks/update", { taskId: String(taskId), inputResponses });
  expect(textOf(objectOf((await untilTask(taskId, "completed")).result))).toContain("Ann");

  const capabilities = { elicitation: { form: {} } };
  const asked = await call("ext-http__asking", {}, { capabilities });
  expect(asked.result).toMatchObject({ resultType: "input_required" });
  const { inputRequests, requestState } = asked.result ?? {};
  const [key = ""] = Object.keys(objectOf(inputRequests));
  const answered = await ask(
    "tools/call",
    {
      ...{ name: "ext-http__asking", arguments: {} },
      inputResponses: { [key]: { action: "accept", content: { name: "Bob" } } },
      requestState: requestState ?? null,
    },
    { capabilities },
  );
  expect(textOf(answered.result)).toContain("Bob");
  const nobody = await call("ext-http__asking", {}, { capabilities: {} });
  expect(nobody.error?.message).toContain("asks its user something in the middle of a task");
});

test("a client of the first SDK calls what is to be called as a task only", async () => {
  const client = new Client({ name: "first", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(bridge.url)) as never);
  onTestFinished(() => client.close());
  expect(client.getServerCapabilities()).not.toHaveProperty("tasks");
  const { tools } = await client.listTools();
  expect(tools.filter(({ execution }) => execution !== undefined)).toEqual([]);
  for (const server of servers) {
    const result = await client.callTool({ name: `${server}__slow`, arguments: { ms: 50 } });
    expect(JSON.stringify(result.content)).toContain("it is done");
  }
});

test("the bridge says that it relays tasks to those who may take them", async () => {
  const { result } = await ask("server/discover", {});
  expect(objectOf(result?.capabilities).extensions).toEqual({ [TASKS_EXTENSION]: {} });
  const refused = await ask("tasks/get", { taskId: "a" }, { capabilities: {} });
  expect(refused.error).toMatchObject({ code: -32021 });
  const unknown = await ask("tasks/get", { taskId: "a" });
  expect(unknown.error).toMatchObject({ code: -32602 });
});

test("bridges with the same key know each other's tasks", async () => {
  const env = { MCP_ENCRYPTION_KEY: "a passphrase of some length" };
  const bridges = await Promise.all(
    [1, 2].map(() => startRest({}, env, {}, { ext: { url: addresses.extension } })),
  );
  onTestFinished(async () => {
    for (const each of bridges) await each.stop();
  });
  const [one, two] = bridges.map(({ url }) => ({ url }));
  const { result = {} } = await call("ext__slow", { ms: 1 }, one);
  expect(await untilTask(result.taskId, "completed", two)).toMatchObject({ taskId: result.taskId });
});

test("a task is its caller's alone, and outlives the bridge that began it", async () => {
  const place = createPlace({
    mcpServers: { core: { url: addresses.core }, ext: { url: addresses.extension } },
    http: { key: "a-key-of-sixteen-letters" },
  });
  const key = { authorization: "Bearer a-key-of-sixteen-letters" };
  const first = await serve(place);
  const names: string[] = [];
  for (const tool of ["core__slow", "ext__slow"]) {
    const { result, error } = await call(tool, { ms: 1 }, { url: first.url, headers: key });
    expect(error).toBeUndefined();
    names.push(String(result?.taskId));
  }
  first.process.kill("SIGKILL");
  await first.ended;

  const again = await serve(place);
  const admin = readFileSync(join(place.home, "admin.key"), "utf8").trim();
  onTestFinished(() => void again.process.kill("SIGKILL"));
  for (const name of names) {
    const own = { url: again.url, headers: key };
    expect(await untilTask(name, "completed", own)).toMatchObject({ taskId: name });
    // A bridge with other keys cannot read the name, and to another caller it is no name of a task.
    const others = [{}, { url: again.url, headers: { authorization: `Bearer ${admin}` } }];
    for (const other of others) {
      const { error } = await ask("tasks/get", { taskId: name }, other);
      expect(error).toMatchObject({ code: -32602 });
    }
  }
});
