import { fileURLToPath } from "node:url";
import { type JsonObject, parseJson } from "@trestle/protocol";
import { expect, test } from "vitest";
import { keyOf, startCore } from "./_core.ts";
import { effectsOf } from "./_upstreams.ts";

const echo = (text: string) => ({ server: "one", tool: "echo", arguments: { text } });

test("a chain hands results on, and is remembered with the executions that it caused", async () => {
  const { ask } = await startCore();
  const answer = await ask("run_chain", {
    name: "greet",
    input: { who: "nobody" },
    values: { who: "Ann" },
    steps: [echo("$who"), { server: "two", tool: "echo", params: { text: "$last_result.pid" } }],
  });
  expect(answer).toMatchObject({ chain_name: "greet", success: true, completed_steps: 2 });
  const { executions } = await ask("history");
  expect(executions).toMatchObject([
    { server: "two", parent_execution_id: answer.execution_id },
    { server: "one", arguments: { text: "Ann" }, parent_execution_id: answer.execution_id },
  ]);
  const { chains } = await ask("chains", { name: "greet" });
  expect(chains).toMatchObject([{ execution_id: answer.execution_id, outcome: "succeeded" }]);
  const id = String(answer.execution_id);
  const steps = (answer.steps as JsonObject[]).map(({ execution_id }) => ({ execution_id }));
  expect(await ask("chain_get", { id })).toMatchObject({ steps, definition: { name: "greet" } });
  await expect(ask("chain_get", { id }, keyOf("ann"))).rejects.toMatchObject({ code: "not_found" });
  expect(await ask("chains", {}, keyOf("ann"))).toEqual({ chains: [] });
});

test("a dry run calls nothing, and says what would be called", async () => {
  const { ask, place } = await startCore();
  const steps = [{ server: "one", tool: "write", arguments: { key: "no" } }];
  const plan = await ask("run_chain", { steps, dry_run: true, mermaid: true });
  expect(plan).toMatchObject({ dry_run: true, total_steps: 1, steps: [{ tool: "write" }] });
  expect(plan.mermaid).toContain("flowchart");
  expect(effectsOf(place)).toEqual([]);
  expect((await ask("history")).executions).toEqual([]);
});

test("a step that fails stops the chain, which says where", async () => {
  const { ask, place } = await startCore();
  const write = { server: "one", tool: "write", arguments: { key: "no" } };
  const answer = await ask("run_chain", { steps: [{ server: "one", tool: "gone" }, write] });
  expect(answer).toMatchObject({
    success: false,
    steps: [{ error: { code: "not_found" } }, { skipped: true }],
  });
  expect(effectsOf(place)).toEqual([]);
});

test("a definition that cannot run is refused by step and key, before anything is called", async () => {
  const { ask } = await startCore();
  const steps = [echo("a"), { server: "one", tool: "echo", argumets: {} }];
  await expect(ask("run_chain", { steps })).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("argumets"),
  });
  expect((await ask("history")).executions).toEqual([]);
});

test("chains inside of chains end at a depth", async () => {
  const { call } = await startCore();
  const nested = (depth: number): JsonObject =>
    depth === 0
      ? { steps: [echo("deep")] }
      : { steps: [{ server: "bridge", tool: "run_chain", arguments: nested(depth - 1) }] };
  expect(await call("bridge__run_chain", nested(3))).toMatchObject({
    structuredContent: { success: true },
  });
  const { structuredContent } = await call("bridge__run_chain", nested(4));
  expect(JSON.stringify(structuredContent)).toContain("at most 3 deep");
});

test("numbers that no double holds keep all their digits on their way to a tool", async () => {
  const exotic = fileURLToPath(new URL("./fixtures/exotic.ts", import.meta.url));
  const args = [exotic, "--era=modern"];
  const { ask } = await startCore({ mcpServers: { odd: { command: process.execPath, args } } });
  const params = parseJson('{"big":9007199254740993}') as JsonObject;
  const called = await ask("call_tool", { tool: "odd.received", arguments: params });
  expect(JSON.stringify(called)).toContain("9007199254740993");
  const batch = await ask("batch", { calls: [{ tool: "odd.received", arguments: params }] });
  expect(JSON.stringify(batch)).toContain("9007199254740993");
});
