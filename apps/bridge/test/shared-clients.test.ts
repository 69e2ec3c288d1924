import type { JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Balancer, startBalancer } from "./_balancer.ts";
import { type ClientAnswers, connectEra, type EraClient } from "./_era-clients.ts";
import { HTTP_KEY, type SharedBridge, startThree } from "./_shared-bridges.ts";

const headers = { authorization: `Bearer ${HTTP_KEY}` };
const yes: JsonObject = { action: "accept", content: { yes: true } };
const answers: ClientAnswers = { "elicitation/create": () => yes };

let three: Awaited<ReturnType<typeof startThree>>;
let balancer: Balancer;
beforeAll(async () => {
  three = await startThree();
  balancer = await startBalancer(three.bridges.map(({ url }) => url));
});
afterAll(async () => {
  await balancer?.close();
  await three?.end();
});

async function connect(
  options: Partial<Parameters<typeof connectEra>[0]> = {},
): Promise<EraClient> {
  const client = await connectEra({ era: "modern", answers, headers, reach: balancer, ...options });
  onTestFinished(() => client.close().catch(() => {}));
  return client;
}

const textOf = (result: JsonObject): string => JSON.stringify(result.content);
const answered = (asked: JsonObject): { more: JsonObject } => ({
  more: { requestState: asked.requestState as string, inputResponses: { q1: yes } },
});

for (const era of ["modern", "legacy"] as const) {
  test(`a client of the ${era} era calls through whichever bridge its request comes to`, async () => {
    const client = await connect({ era });
    expect(await client.names()).toContain("one__read");
    const texts = Array.from({ length: 12 }, (_, call) => `${era} ${call}`);
    const results = await Promise.all(texts.map((text) => client.call("one__read", { text })));
    expect(results.map(textOf)).toEqual(
      texts.map((text) => JSON.stringify([{ type: "text", text }])),
    );
  });

  test(`what a server asks of the user of a ${era} client is answered at another bridge`, async () => {
    const client = await connect({ era });
    for (let call = 0; call < 6; call += 1) {
      expect(textOf(await client.call("past__ask"))).toContain("accept");
    }
  });
}

test("an answer goes to the bridge that holds the call, once; to others than its caller it is none", async () => {
  const [first, second] = three.bridges;
  const asking = await connect({ reach: first, byHand: true });
  const bringing = await connect({ reach: second, byHand: true });
  const stranger = await connect({
    ...{ reach: second, byHand: true },
    headers: { authorization: `Bearer ${second.admin}` },
  });
  const asked = await asking.call("past__ask");
  expect(asked).toMatchObject({ resultType: "input_required", inputRequests: { q1: {} } });
  await expect(stranger.call("past__ask", {}, answered(asked))).rejects.toMatchObject({
    code: -32_602,
  });
  expect(textOf(await bringing.call("past__ask", {}, answered(asked)))).toContain("accept");
  await expect(bringing.call("past__ask", {}, answered(asked))).rejects.toThrow(/is gone/);
});

test("an answer for a bridge that died has an unknown outcome, and nobody waits long to hear it", async () => {
  const doomed = await three.start();
  const asking = await connect({ reach: doomed, byHand: true });
  const [first] = three.bridges;
  const bringing = await connect({ reach: first, byHand: true });
  const asked = await asking.call("past__ask");
  process.kill(doomed.pid, "SIGKILL");
  await doomed.exited;
  const began = performance.now();
  const failure = await bringing.call("past__ask", {}, answered(asked)).catch((error) => error);
  expect(String(failure.message)).toMatch(/is gone|went before it said/);
  expect(performance.now() - began).toBeLessThan(20_000);
});

test("a session goes on at the others when the bridge that opened it dies", async () => {
  const doomed = await three.start();
  const one = await startBalancer([doomed.url]);
  onTestFinished(one.close);
  const client = await connect({ era: "legacy", reach: one });
  await client.call("one__read", { text: "here" });
  process.kill(doomed.pid, "SIGKILL");
  await doomed.exited;
  one.route(three.bridges.map(({ url }) => url));
  for (let call = 0; call < 3; call += 1) {
    expect(textOf(await client.call("one__read", { text: "there" }))).toContain("there");
  }
});

test("without Redis clients of both eras are served, and what waits at one bridge is answered there", async () => {
  const { bridges, redis } = three;
  const legacy = await connect({ era: "legacy" });
  const modern = await connect();
  await redis.kill();
  await degraded(bridges, true);
  const began = performance.now();
  expect(textOf(await legacy.call("one__read", { text: "on" }))).toContain("on");
  expect(textOf(await modern.call("one__read", { text: "on" }))).toContain("on");
  const alone = await connect({ reach: bridges[0] });
  expect(textOf(await alone.call("past__ask"))).toContain("accept");
  expect(performance.now() - began).toBeLessThan(6_000);
  await redis.restart();
  await degraded(bridges, false);
  expect(textOf(await modern.call("past__ask"))).toContain("accept");
});

async function degraded(bridges: readonly SharedBridge[], wanted: boolean): Promise<void> {
  for (const bridge of bridges) {
    while (((await bridge.health()).status === "degraded") !== wanted);
  }
}
