import { expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { trestle } from "./_cli.ts";
import { keyOf, startCore } from "./_core.ts";
import { createPlace } from "./_place.ts";
import { startRest } from "./_rest.ts";
import { entry } from "./_upstreams.ts";

async function startPriced() {
  const place = createPlace();
  const mcpServers = {
    one: { ...entry(place, "one"), cost: { perCall: 0.1, tools: { write: 2 } } },
    two: { ...entry(place, "two"), cost: { perCall: 5, unit: "credits" } },
    three: entry(place, "three"),
  };
  const alerts = { dear: { when: "budget", above: 1, over: 3_600 } };
  return startCore({ mcpServers, events: { alerts } }, place);
}

test("costs are told by tool, caller, day and run, each unit for itself, with the budgets", async () => {
  const { ask, call } = await startPriced();
  const echo = (server: string) => ({ server, tool: "echo", arguments: { text: "x" } });
  const chain = await ask("run_chain", { name: "report", steps: [echo("one"), echo("two")] });
  await call("one__write", { key: "a" }, keyOf("ann"));
  await call("one__echo", { text: "b" });
  await call("three__echo", { text: "free" });

  const byTool = await ask("costs");
  expect(byTool.costs).toEqual([
    { server: "two", tool: "echo", calls: 1, cost: 5, unit: "credits" },
    { server: "one", tool: "write", calls: 1, cost: 2, unit: "USD" },
    { server: "one", tool: "echo", calls: 2, cost: 0.2, unit: "USD" },
  ]);
  expect(byTool.totals).toEqual([
    { calls: 3, cost: 2.2, unit: "USD" },
    { calls: 1, cost: 5, unit: "credits" },
  ]);
  const dear = { rule: "dear", above: 1, over_s: 3_600, exceeded: true };
  expect(byTool.budgets).toEqual([
    { ...dear, server: "one", unit: "USD", spent: 2.2 },
    { ...dear, server: "two", unit: "credits", spent: 5 },
  ]);
  expect((await ask("costs", { group_by: "principal" })).costs).toEqual([
    { principal: "local", calls: 1, cost: 5, unit: "credits" },
    { principal: "ann", calls: 1, cost: 2, unit: "USD" },
    { principal: "local", calls: 2, cost: 0.2, unit: "USD" },
  ]);
  const days = objectsOf((await ask("costs", { group_by: "day", server: "one" })).costs);
  expect(days.reduce((sum, { cost }) => sum + Number(cost), 0)).toBeCloseTo(2.2);
  expect(days[0]?.day).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect((await ask("costs", { group_by: "run" })).costs).toMatchObject([
    {
      run: chain.execution_id,
      kind: "chain",
      name: "report",
      principal: "local",
      calls: 2,
      amounts: [
        { cost: 0.1, unit: "USD" },
        { cost: 5, unit: "credits" },
      ],
    },
  ]);
});

test("others see what they spent themselves, and no budget", async () => {
  const { ask, call } = await startPriced();
  await call("one__write", { key: "a" }, keyOf("ann"));
  await call("one__echo", { text: "b" });
  const answer = await ask("costs", { group_by: "server" }, keyOf("ann"));
  expect(answer).toMatchObject({ costs: [{ server: "one", calls: 1, cost: 2 }] });
  expect(answer.budgets).toBeUndefined();
});

test("a run of a workflow costs what its steps do", async () => {
  const place = createPlace();
  const mcpServers = {
    one: { ...entry(place, "one"), cost: { perCall: 0.5 } },
    orchestrator: { embedded: "orchestrator", env: { TRESTLE_PROFILE: "all" } },
  };
  const { ask } = await startCore({ mcpServers }, place);
  const step = (id: string) => ({ id, server: "one", tool: "echo", arguments: { text: id } });
  const definition = { id: "twice", steps: [step("a"), step("b")] };
  await ask("call_tool", { tool: "orchestrator.register_workflow", arguments: { definition } });
  const { result } = await ask("workflow_execute", { workflow: "twice", wait_seconds: 30 });
  const { executionId } = objectOf(objectOf(result).structuredContent);
  expect((await ask("costs", { group_by: "run" })).costs).toMatchObject([
    { run: executionId, kind: "workflow", calls: 2, amounts: [{ cost: 1, unit: "USD" }] },
  ]);
});

test("trestle costs shows them as tables", async () => {
  const bridge = await startRest(
    { events: { alerts: { dear: { when: "budget", above: 0.2, over: 3_600 } } } },
    {},
    { cost: { perCall: 0.25, unit: "EUR" } },
  );
  try {
    await bridge.post("tool/call", { tool: "one.echo", arguments: { text: "a" } });
    await bridge.post("chain", { name: "short", steps: [{ server: "one", tool: "echo" }] });
    const run = (...args: string[]) => trestle(["costs", ...args], { home: bridge.home });
    const plain = await run();
    expect(plain.stdout).toMatch(/^OF +CALLS +COST\none\.echo +2 +0\.5 EUR\n/);
    expect(plain.stdout).toMatch(/dear +one +0\.5 EUR +0\.2 +1h/);
    expect((await run("--by", "run")).stdout).toMatch(/chain short .* 1 +0\.25 EUR/);
    const { stdout } = await run("--by", "day", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ group_by: "day", totals: [{ cost: 0.5 }] });
  } finally {
    await bridge.stop();
  }
});
