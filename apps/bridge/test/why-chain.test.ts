import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { trestle } from "./_cli.ts";
import { keyOf, startCore } from "./_core.ts";
import { startRest } from "./_rest.ts";

const good = { id: "good", server: "one", tool: "echo", arguments: { text: "a" } };
const bad = { id: "bad", server: "one", tool: "echo", arguments: { text: "no city", fail: true } };
const never = { id: "never", server: "one", tool: "echo" };

test("why tells of a chain how its steps ended, and which calls they made", async () => {
  const { ask } = await startCore();
  const ran = await ask("run_chain", { name: "daily", steps: [good, bad, never] }, keyOf("ann"));
  const why = { execution_id: String(ran.execution_id) };
  const told = await ask("why", why);
  expect(told).toMatchObject({
    ...why,
    chain: {
      chain_name: "daily",
      principal: "ann",
      outcome: "failed",
      steps: [
        { id: "good", success: true },
        { id: "bad", success: false, error: { message: "no city" } },
        { id: "never", success: false, skipped: true },
      ],
    },
  });
  const children = told.children as JsonObject[];
  const steps = (told.chain as JsonObject).steps as JsonObject[];
  expect(children.map(({ execution_id }) => execution_id)).toEqual(
    steps.slice(0, 2).map(({ execution_id }) => execution_id),
  );
  expect(await ask("why", why, keyOf("ann"))).toEqual(told);
  await expect(ask("why", why, keyOf("ben"))).rejects.toMatchObject({ code: "not_found" });
});

test("a chain that was a call of a tool is both: what the policies decided, and its steps", async () => {
  const { ask, call } = await startCore();
  const { structuredContent } = await call("bridge__run_chain", { steps: [good] });
  const { execution_id } = structuredContent as JsonObject;
  expect(await ask("why", { execution_id: String(execution_id) })).toMatchObject({
    server: "bridge",
    tool: "run_chain",
    stages: expect.arrayContaining([expect.objectContaining({ policy: "authorize" })]),
    chain: { outcome: "succeeded", steps: [{ id: "good" }] },
    children: [{ tool: "echo", parent_execution_id: execution_id }],
  });
});

test("the command line draws the chain, and a chain that fails says how to see it", async () => {
  const { home, rest, stop } = await startRest();
  const run = (args: string[], input = "") => trestle(args, { home, input });
  const ran = await run(["chain", "-"], JSON.stringify({ name: "daily", steps: [good, bad] }));
  const [, id = ""] = /What happened: trestle why (\S+)/.exec(ran.stderr) ?? [];
  expect(ran.code).toBe(1);
  const over = { home, env: { MCP_BRIDGE_URL: rest } };
  for (const { code, stdout } of [await run(["why", id]), await trestle(["why", id], over)]) {
    expect(code).toBe(0);
    expect(stdout).toMatch(/^chain daily {2}failed/);
    expect(stdout).toMatch(/good +one\.echo +ok/);
    const [, step = ""] = /bad +one\.echo +FAILED .*no city +(\S+)/.exec(stdout) ?? [];
    expect((await run(["why", step])).stdout).toMatch(/^one\.echo {2}TOOL ERROR/);
  }
  await stop();
}, 60_000);
