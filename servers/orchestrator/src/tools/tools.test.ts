// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import { type Host, LOCAL_PRINCIPAL, silentLogger, systemClock } from "@trestle/protocol";
import { createStandaloneHost, type JsonObject, type Principal } from "@trestle-mcp/server-kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { says, temporaryFolder } from "../engine/_engine.ts";
import { server } from "../server.ts";

const ann: Principal = { id: "ann", kind: "key", scopes: ["*:*"] };
const bob: Principal = { id: "bob", kind: "key", scopes: ["*:*"] };

let folder: ReturnType<typeof temporaryFolder>;
let opened: { close(): Promise<void> }[];

beforeEach(() => {
  folder = temporaryFolder();
  opened = [];
});
afterEach(async () => {
  for (const each of opened) await each.close();
  folder.remove();
});

/** The server on a host whose other servers answer with what they were asked. */
function open(before: (tool: string) => Promise<void> = async () => {}) {
  const host = createStandaloneHost({
    dataDir: folder.path,
    clock: systemClock,
    log: silentLogger,
  });
  const calls = {
    listTools: async () => [{ name: "s__find" }, { name: "s__greet" }],
    async callTool(_server: string, tool: string, args: JsonObject) {
      await before(tool);
      return says({ tool, args });
    },
  };
  const port: Host = { ...host, forGrant: () => calls, forCall: () => calls };
  const instance = server.mount(port, {});
  opened.push({
    async close() {
      await instance.close();
      await host.close();
    },
  });
  return async (
    name: string,
    args: JsonObject,
    principal: Principal = LOCAL_PRINCIPAL,
    onProgress?: (progress: object) => void,
  ) => {
    const result = await instance.request(
      "tools/call",
      { name, arguments: args, ...(onProgress && { _meta: { progressToken: "t" } }) },
      {
        ...(onProgress && { onProgress }),
        principal,
        signal: new AbortController().signal,
        client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
      },
    );
    return result as JsonObject & { structuredContent?: JsonObject };
  };
}

const definition = {
  id: "greet",
  input: { name: "nobody" },
  steps: [
    { id: "look", server: "s", tool: "find", arguments: { who: "$name", by: "${metadata.by}" } },
    { id: "ask", type: "approval", message: "Greet them?", dependsOn: ["look"] },
    { id: "greet", server: "s", tool: "greet", dependsOn: ["ask"] },
  ],
};

test("a workflow is registered, executed, approved and looked at", async () => {
  const call = open();
  const registered = await call("register_workflow", { definition: JSON.stringify(definition) });
  expect(registered.structuredContent).toMatchObject({ id: "greet", version: "1", steps: 3 });
  const begun = await call("execute_workflow", {
    workflow: "greet",
    context: { by: "me", name: "Ann" },
    wait_seconds: 60,
  });
  expect(begun.structuredContent).toMatchObject({
    status: "waiting",
    completedSteps: ["look"],
    results: { look: { args: { who: "Ann", by: "me" } } },
    waitingFor: [{ step: "ask", for: "approval", message: "Greet them?" }],
  });
  const { executionId = null } = begun.structuredContent ?? {};
  await call("approve_step", { executionId, step: "ask", approve: true });
  const ended = await call("get_execution", { executionId, wait_seconds: 60 });
  expect(ended.structuredContent).toMatchObject({
    status: "succeeded",
    completedSteps: ["look", "ask", "greet"],
    failedSteps: [],
  });
  const listed = await call("list_executions", { workflow: "greet" });
  expect(listed.structuredContent).toMatchObject({ executions: [{ executionId }] });
});

test("a waiting caller is told of every step that ends, where it asked", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const call = open(async (tool) => void (tool === "find" && (await promise)));
  const ended = { ...definition, id: "quick", steps: [definition.steps[0], definition.steps[2]] };
  const steps = ended.steps.map((step) => ({ ...step, dependsOn: undefined }));
  await call("register_workflow", { definition: JSON.stringify({ ...ended, steps }) });
  const told: object[] = [];
  const args = { workflow: "quick", context: { by: "x" }, wait_seconds: 60 };
  const running = call("execute_workflow", args, LOCAL_PRINCIPAL, (progress) => {
    told.push(progress);
    resolve();
  });
  expect((await running).structuredContent).toMatchObject({ status: "succeeded" });
  expect(told[0]).toMatchObject({
    progress: 0,
    total: 2,
    message: expect.stringContaining("look"),
  });
  expect(told.at(-1)).toMatchObject({ progress: 2, total: 2 });
});

test("what is probably not meant so is told with the registration", async () => {
  const { structuredContent } = await open()("register_workflow", {
    definition: { ...definition, steps: [...definition.steps, { server: "s", tool: "fnd" }] },
  });
  expect(structuredContent?.warnings).toEqual([
    'Step "step_4": "s" lists no tool "fnd"; did you mean "find"?',
  ]);
});

test("a workflow and an execution of it are drawn", async () => {
  const call = open();
  await call("register_workflow", { definition });
  const drawn = await call("render_workflow", { workflow: "greet" });
  expect(drawn.structuredContent).toMatchObject({ format: "mermaid", steps: 3, drawn: 3 });
  const begun = await call("execute_workflow", {
    ...{ workflow: "greet", context: { by: "me" }, wait_seconds: 60 },
  });
  const { executionId = null } = begun.structuredContent ?? {};
  const { structuredContent } = await call("render_workflow", { executionId, format: "svg" });
  expect(structuredContent?.drawing).toContain('class="step waiting"');
  expect(await call("render_workflow", { executionId, workflow: "greet" })).toMatchObject({
    isError: true,
  });
  expect(await call("render_workflow", { executionId }, bob)).toMatchObject({ isError: true });
});

test("callers see and steer their own executions alone", async () => {
  const call = open();
  await call("register_workflow", { definition }, ann);
  const once = { workflow: "greet", context: { by: "x" }, idempotency_key: "k", wait_seconds: 60 };
  const anns = (await call("execute_workflow", once, ann)).structuredContent;
  const bobs = (await call("execute_workflow", once, bob)).structuredContent;
  const again = (await call("execute_workflow", once, ann)).structuredContent;
  expect(bobs?.executionId).not.toBe(anns?.executionId);
  expect(again?.executionId).toBe(anns?.executionId);
  const executionId = anns?.executionId ?? null;
  for (const [name, more] of [
    ["get_execution", {}],
    ["cancel_execution", {}],
    ["approve_step", { step: "ask", approve: true }],
  ] as const) {
    const refused = await call(name, { executionId, ...more }, bob);
    expect(refused).toMatchObject({ isError: true });
    expect(JSON.stringify(refused)).toContain("There is no run");
  }
  const listed = await call("list_executions", {}, bob);
  expect(listed.structuredContent?.executions).toHaveLength(1);
});

test("another process of the home asks the one that runs them", async () => {
  const first = open();
  await first("register_workflow", { definition });
  const second = open();
  const begun = await second("execute_workflow", {
    workflow: "greet",
    context: { by: "x" },
    wait_seconds: 60,
  });
  const { executionId = null } = begun.structuredContent ?? {};
  const cancelled = await first("cancel_execution", { executionId });
  expect(cancelled.structuredContent).toMatchObject({ status: "cancelled" });
});

test("the rules of definitions are told", async () => {
  const { structuredContent } = await open()("get_workflow", { schema: true });
  expect(structuredContent).toMatchObject({
    schema: { type: "object", required: ["id", "steps"] },
  });
});

test("what cannot be is refused with a sentence", async () => {
  const call = open();
  await call("register_workflow", { definition });
  const cases = [
    ["register_workflow", { definition: { ...definition, steps: [] } }, "steps"],
    ["register_workflow", { definition: { ...definition, timeout: "1h" } }, "another version"],
    ["execute_workflow", { workflow: "gret" }, "there are greet"],
    ["execute_workflow", { workflow: "greet", input: { nam: "x" } }, 'did you mean \\"name\\"'],
    ["get_workflow", { id: "greet", version: "9" }, "has no version 9"],
  ] as const;
  for (const [name, args, problem] of cases) {
    const refused = await call(name, args as unknown as JsonObject);
    expect([name, refused.isError]).toEqual([name, true]);
    expect(JSON.stringify(refused)).toContain(problem);
  }
});
