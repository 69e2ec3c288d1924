import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type RunningBridge, startBridge, stdioBridge, temporaryFolder } from "./_bridge.ts";
import type { Reach } from "./_clients.ts";
import { type ClientAnswers, connectEra, type EraClient } from "./_era-clients.ts";
import { kill } from "./_processes.ts";

const V1 = fileURLToPath(
  new URL("../../../packages/upstream/test/fixtures/v1-stdio.ts", import.meta.url),
);
const past = { command: process.execPath, args: [V1] };
const own = { ...past, isolation: "session" };
const V2 = fileURLToPath(
  new URL("../../../packages/upstream/test/fixtures/v2-stdio.ts", import.meta.url),
);
const capabilities = { elicitation: false };
const mute = { ...past, capabilities };
const muteModern = { command: process.execPath, args: [V2, "--modern-only"], capabilities };
const KEY = "a-key-that-is-long-enough";
const shared = {
  mcpServers: {
    ...{ past, own, mute, "mute-modern": muteModern },
    narrow: { ...past, concurrency: 1, queue: 0 },
  },
  http: { key: KEY },
};
const yes: JsonObject = { action: "accept", content: { yes: true } };
const answers: ClientAnswers = {
  "elicitation/create": () => yes,
};

type Options = Partial<Parameters<typeof connectEra>[0]>;

async function connect(reach: Reach, options: Options = {}): Promise<EraClient> {
  const client = await connectEra({ era: "modern", answers, ...options, reach });
  onTestFinished(() => client.close());
  return client;
}

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
const answered = (asked: JsonObject): { more: JsonObject } => ({
  more: { requestState: asked.requestState as string, inputResponses: { q1: yes } },
});

let bridge: RunningBridge;
beforeAll(async () => {
  bridge = await startBridge({ config: shared });
});
afterAll(() => bridge?.stop());

test("a call that waits for its user opens for its caller alone, ends with its answer, and can be made through call_tool", async () => {
  const admin = readFileSync(join(bridge.home, "admin.key"), "utf8").trim();
  const mine = await connect(bridge, { byHand: true, ...bearer(KEY) });
  const others = await connect(bridge, { byHand: true, ...bearer(admin) });

  const asked = await mine.call("past__ask");
  expect(asked).toMatchObject({ resultType: "input_required", inputRequests: { q1: {} } });
  const refused = others.call("past__ask", {}, answered(asked));
  await expect(refused).rejects.toMatchObject({ code: -32_602 });
  const changed = { ...asked, requestState: `${asked.requestState}A` };
  await expect(mine.call("past__ask", {}, answered(changed))).rejects.toMatchObject({
    code: -32_602,
  });
  expect(textOf(await mine.call("past__ask", {}, answered(asked)))).toContain("accept");
  await expect(mine.call("past__ask", {}, answered(asked))).rejects.toThrow(/is gone/);
  // It was one call all the time, and what was refused was none.
  const history = await mine.call("bridge__history", { server: "past" });
  expect((history.structuredContent as JsonObject).executions).toMatchObject([
    { tool: "ask", outcome: "success" },
  ]);

  const through = { tool: "past.ask" };
  const again = await mine.call("bridge__call_tool", through);
  const answer = await mine.call("bridge__call_tool", through, answered(again));
  expect(JSON.stringify(answer)).toContain("accept");
});

test("a call that waits for its user takes no place of others, and is counted", async () => {
  const mine = await connect(bridge, { byHand: true, ...bearer(KEY) });
  const asked = await mine.call("narrow__ask");
  expect(textOf(await mine.call("narrow__echo", { text: "meanwhile" }))).toBe("meanwhile");
  const health = (await mine.call("bridge__health")).structuredContent as JsonObject;
  expect(health.parked).toBe(1);
  expect(health.servers).toContainEqual(
    expect.objectContaining({ id: "narrow", running: 0, waiting: 0, asking: 1 }),
  );
  expect(textOf(await mine.call("narrow__ask", {}, answered(asked)))).toContain("accept");
});

test("a call that waits for its user is gone with its bridge, which says so, and never holds up its end", async () => {
  const home = temporaryFolder();
  const config = { mcpServers: { past }, shutdown: { graceMs: 60_000 } };
  const first = await startBridge({ config, home });
  const asked = await (await connect(first, { byHand: true })).call("past__ask");
  kill(first.pid);
  await first.exited;

  const second = await startBridge({ config, home });
  const client = await connect(second, { byHand: true });
  await expect(client.call("past__ask", {}, answered(asked))).rejects.toThrow(
    /is gone.*was started anew/,
  );
  await client.call("past__ask");
  expect(await second.stop()).toBe(0);
});

describe.each(["legacy", "modern"] as const)("a client of the %s era", (era) => {
  test("is asked for what it declared, and for roots by a server of its own only", async () => {
    const roots = () => ({ roots: [{ uri: "file:///mine" }] });
    const client = await connect(bridge, { era, answers: { "roots/list": roots }, ...bearer(KEY) });
    expect(textOf(await client.call("own__roots"))).toContain("file:///mine");
    expect(textOf(await client.call("past__roots"))).toContain("it was not declared");
    expect(await client.call("past__ask")).toMatchObject({ isError: true });
  });

  test("is asked through a process that joined the bridge", async () => {
    const joined = stdioBridge({ config: shared, home: bridge.home });
    const client = await connect(joined, { era });
    expect(textOf(await client.call("past__ask"))).toContain("accept");
  });

  test("is asked in the middle of a batch and of a chain", async () => {
    const client = await connect(bridge, { era, ...bearer(KEY) });
    const calls = [{ tool: "past.ask" }];
    expect(JSON.stringify(await client.call("bridge__batch", { calls }))).toContain("accept");
    const steps = [{ id: "a", server: "past", tool: "ask" }];
    const chain = await client.call("bridge__run_chain", { name: "asking", steps });
    expect(JSON.stringify(chain)).toContain("accept");
  });

  test("is not asked by a server whose entry denies it", async () => {
    let asked = 0;
    const counting: ClientAnswers = {
      "elicitation/create": () => {
        asked += 1;
        return yes;
      },
      "sampling/createMessage": () => ({
        ...{ role: "assistant", model: "none" },
        content: { type: "text", text: "Paris" },
      }),
    };
    const client = await connect(bridge, { era, answers: counting, ...bearer(KEY) });
    const refused = await client.call("mute__ask");
    expect(refused).toMatchObject({ isError: true });
    expect(textOf(refused)).toContain("it was not declared");
    const modern = await client.call("mute-modern__ask").catch((error: unknown) => String(error));
    expect(JSON.stringify(modern)).not.toContain("accept");
    expect(textOf(await client.call("mute__sample"))).toContain("Paris");
    expect(asked).toBe(0);
  });

  test("that declared nothing is never asked: the server hears why, and nothing hangs", async () => {
    const client = await connect(bridge, { era, answers: {}, ...bearer(KEY) });
    const result = await client.call("past__ask");
    expect(result).toMatchObject({ isError: true });
    expect(textOf(result)).toContain("no client that can answer");
  });
});

function textOf(result: JsonObject): string {
  const [block] = result.content as JsonObject[];
  return String(block?.text);
}
