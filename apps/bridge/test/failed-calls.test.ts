import type { JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { trestle } from "./_cli.ts";
import { connectRaw } from "./_raw-client.ts";
import { type RestBridge, startRest } from "./_rest.ts";

/** Whoever is told of a failure is told under which id the bridge knows more of it. */

const NO_TIME = { tools: { echo: { timeout: { attemptMs: 1_000 }, retry: { retries: 0 } } } };

let bridge: RestBridge;
beforeAll(async () => {
  const limit = { local: { calls: 500 } };
  bridge = await startRest({ policy: { limit } }, {}, { policy: NO_TIME });
}, 60_000);
afterAll(async () => {
  await bridge.stop();
});

const tooSlow = { text: "slow", beforeMs: 20_000 };

async function whyOf(executionId: unknown): Promise<JsonObject> {
  const { body, status } = await bridge.get(`history/${executionId}`);
  expect(status).toBe(200);
  return objectOf(body.data);
}

describe.each(["legacy", "modern"] as const)("over MCP of the %s era", (era) => {
  test("an error's data names the call as a result's _meta does", async () => {
    const client = await connectRaw(era, { url: bridge.url });
    const ask = async (args: JsonObject) =>
      JSON.parse(await client.request("tools/call", { name: "one__echo", arguments: args }));
    const { error } = await ask(tooSlow);
    expect(error.data).toMatchObject({ code: "timeout" });
    const why = await whyOf(error.data["trestle/call"].execution_id);
    expect(why).toMatchObject({ server: "one", tool: "echo", error: { code: "timeout" } });
    expect(objectsOf(why.stages).map(({ policy }) => policy)).toContain("timeout");

    const { result } = await ask({ text: "no such city", fail: true });
    expect(result.isError).toBe(true);
    const told = await whyOf(result._meta["trestle/call"].execution_id);
    expect(told).toMatchObject({ outcome: "tool_error", error: { message: "no such city" } });
    await client.close();
  });

  test("what was no call of a tool names none", async () => {
    const client = await connectRaw(era, { url: bridge.url });
    const answer = await client.request("tools/call", { name: "one__nothing" });
    expect(answer).toContain("Unknown tool");
    expect(answer).not.toContain("execution_id");
    await client.close();
  });
});

test("over REST the metadata of a failure name the call", async () => {
  const { status, body } = await bridge.post("tool/call", { tool: "one.echo", arguments: tooSlow });
  expect([status, objectOf(body.error).code]).toEqual([504, "timeout"]);
  const { execution_id } = objectOf(body.metadata);
  expect(await whyOf(execution_id)).toMatchObject({ arguments: { text: "slow" } });
  const unknown = await bridge.post("tool/call", { tool: "one.nothing" });
  expect(unknown.body).not.toHaveProperty("metadata");
});

test("each step of a chain and each call of a batch that failed is named", async () => {
  const chain = await bridge.post("chain", {
    steps: [{ server: "one", tool: "echo", arguments: tooSlow }],
  });
  const [step] = objectsOf(objectOf(chain.body.data).steps);
  expect(step).toMatchObject({ success: false, error: { code: "timeout" } });
  const parent = objectOf(chain.body.metadata).execution_id;
  expect(await whyOf(step?.execution_id)).toMatchObject({ parent_execution_id: parent });

  const batch = await bridge.post("tool/batch", {
    calls: [{ tool: "one.echo", arguments: tooSlow }],
  });
  const [call] = objectsOf(objectOf(batch.body.data).results);
  expect(call).toMatchObject({ success: false, error: { code: "timeout" } });
  expect(await whyOf(call?.execution_id)).toMatchObject({ error: { code: "timeout" } });
});

test.each([
  ["the home's socket", () => ({})],
  ["HTTP", () => ({ MCP_BRIDGE_URL: bridge.url })],
])("the command line says over %s what to ask", async (_way, env) => {
  const where = { home: bridge.home, env: env() };
  const ran = await trestle(["call", "one.echo", JSON.stringify(tooSlow)], where);
  const [, id = ""] = /What happened: trestle why (\S+)/.exec(ran.stderr) ?? [];
  expect(ran).toMatchObject({ code: 1, stdout: "" });
  const why = await trestle(["why", id], where);
  expect(why).toMatchObject({ code: 0, stdout: expect.stringMatching(/^one\.echo {2}FAILED/) });
});
