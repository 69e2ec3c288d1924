import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "@trestle/protocol";
import { until } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  dataOf,
  LIMIT,
  openSharedBridges,
  type SharedBridge,
  type SharedBridges,
} from "./_shared-bridges.ts";

const OFF = {
  ...{ error: false, timeout: false, rate_limit_exceeded: false, error_rate: false },
  ...{ response_time: false, breaker_open: false, pin_change: false },
};

const told: JsonObject[] = [];
const receiver = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  told.push(JSON.parse(Buffer.concat(chunks).toString("utf8")) as JsonObject);
  response.writeHead(204).end();
});

let shared: SharedBridges;
let bridges: SharedBridge[];
beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  shared = await openSharedBridges({
    events: {
      webhooks: {
        all: { url: `http://${host}/`, form: "generic", topics: ["alert.*", "call.tool_error"] },
      },
      allowHosts: [host],
      alertEveryMs: 200,
      alerts: {
        ...OFF,
        // More than any of the bridges sees alone.
        failures: { when: "error", server: "one", above: 3, over: 600, resolve: 0 },
        limits: { when: "rate_limit_exceeded", above: 0, over: 600, resolve: 0 },
      },
    },
  });
  bridges = await Promise.all([shared.start(), shared.start(), shared.start()]);
});
afterAll(async () => {
  await shared?.end();
  receiver.closeAllConnections();
  receiver.close();
});

const of = (topic: string): JsonObject[] => told.filter((each) => each.topic === topic);

/** A call that the tool says has failed. */
async function fail(bridge: SharedBridge): Promise<void> {
  await bridge.call("one.read", { text: "no", fail: true });
}

const alertsAt = async (bridge: SharedBridge): Promise<JsonObject[]> =>
  dataOf(await bridge.ask("GET", "alerts")).alerts as JsonObject[];

async function firingAt(bridge: SharedBridge): Promise<unknown[]> {
  return (await alertsAt(bridge)).map(({ id, state }) => `${id} ${state}`);
}

test("what fails at all bridges together is one alert, told once, and known at each", async () => {
  for (const bridge of [...bridges, ...bridges]) await fail(bridge);
  await until("it is told", () => of("alert.firing").length > 0);
  await until("every failure is told", () => of("call.tool_error").length === 6);
  for (const bridge of bridges) {
    while (String(await firingAt(bridge)) !== "failures/one firing");
  }
  expect(of("alert.firing")).toHaveLength(1);
  const { payload } = of("alert.firing")[0] as { payload: JsonObject };
  expect(payload).toMatchObject({ alert: "failures/one", above: 3 });
  expect(payload.value).toBeGreaterThan(3);
  expect(of("call.tool_error")).toHaveLength(6);
});

test("whoever dies while it looks is followed by another, which knows what was told", async () => {
  const [first, second, third] = bridges as [SharedBridge, SharedBridge, SharedBridge];
  // What the others counted is gone with them: here alone it is too much, too.
  for (let call = 0; call < 3; call += 1) await fail(third);
  for (const bridge of [first, second]) {
    process.kill(bridge.pid, "SIGKILL");
    await bridge.exited;
  }
  // Whichever of them looked: from now on it is the third.
  for (let call = 0; call <= LIMIT; call += 1) await third.call("one.echo", { text: `${call}` });
  await until("it is told", () => of("alert.firing").length > 1);
  const wanted = ["failures/one firing", "limits/one firing"];
  while (String((await firingAt(third)).toSorted()) !== String(wanted));
  const late = await shared.start();
  while (String((await firingAt(late)).toSorted()) !== String(wanted));
  const alerts = of("alert.firing").map(({ payload }) => (payload as JsonObject).alert);
  expect(alerts).toEqual(["failures/one", "limits/one"]);
});
