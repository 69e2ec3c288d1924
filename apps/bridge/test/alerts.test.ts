import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { objectsOf } from "../src/cli/data.ts";
import { type CoreUnderTest, keyOf, startCore } from "./_core.ts";
import { createPlace, serve } from "./_place.ts";
import { until } from "./_processes.ts";
import { startReceiver } from "./_receiver.ts";
import { entry } from "./_upstreams.ts";

const OURS = {
  ...{ error: false, timeout: false, rate_limit_exceeded: false, error_rate: false },
  ...{ response_time: false, breaker_open: false, pin_change: false },
};

/** A bridge that looks at these rules alone, all the time. */
async function start(alerts: object, config: JsonObject = {}, one: JsonObject = {}) {
  const place = createPlace();
  const core = await startCore(
    {
      events: { alertEveryMs: 100, alerts: { ...OURS, ...alerts } },
      mcpServers: { one: { ...entry(place, "one"), ...one }, two: entry(place, "two") },
      ...config,
    },
    place,
  );
  const told: JsonObject[] = [];
  core.bridge.core.hub.subscribe({ topics: ["alert.*"] }, (message) => {
    if (message.kind === "event")
      told.push({ topic: message.event.topic, ...message.event.payload });
  });
  return { ...core, told, list: async () => objectsOf((await core.ask("alerts")).alerts) };
}

const fail = ({ call }: Pick<CoreUnderTest, "call">) =>
  call("one__echo", { beforeMs: 10_000 }).catch(() => {});
const topicsOf = (told: readonly JsonObject[]) => told.map(({ topic }) => topic);
const NO_TIME = { timeout: { attemptMs: 50 }, retry: { retries: 0 } };
const UNBROKEN = { breaker: { consecutive: 100, ratio: 1 } };

test("the share of failures is told once while it lasts, and when it is over", async () => {
  const rule = { when: "error_rate", above: 0.3, minimumCalls: 4, resolve: 0 };
  const policy = { ...NO_TIME, ...UNBROKEN };
  const core = await start({ error_rate: rule }, {}, { policy });
  for (let n = 0; n < 3; n += 1) await fail(core);
  await core.call("one__echo", {});
  await until("it is told", () => core.told.length === 1);
  expect(core.told[0]).toMatchObject({
    ...{ topic: "alert.firing", alert: "error_rate/one", server: "one", value: 0.75, above: 0.3 },
    summary: "one: 75 % of the calls failed",
  });
  expect(await core.list()).toMatchObject([{ id: "error_rate/one", state: "firing" }]);
  for (let n = 0; n < 8; n += 1) await core.call("one__echo", {});
  await until("it is over", () => core.told.length === 2);
  expect(topicsOf(core.told)).toEqual(["alert.firing", "alert.resolved"]);
  expect(await core.list()).toMatchObject([{ state: "resolved", resolved_at: expect.any(String) }]);
});

test("a breaker that opens is told, and is over when it is closed again", async () => {
  const policy = { ...NO_TIME, breaker: { consecutive: 1, openMs: 300 } };
  const core = await start({ breaker_open: { when: "breaker_open", resolve: 0 } }, {}, { policy });
  await fail(core);
  await until("it is told", () => core.told.length === 1);
  expect(core.told[0]).toMatchObject({ alert: "breaker_open/one", value: 1 });
  await until("it is closed", () =>
    core.call("one__echo", {}).then(
      () => true,
      () => false,
    ),
  );
  await until("it is over", () => core.told.length === 2);
  expect(topicsOf(core.told)).toEqual(["alert.firing", "alert.resolved"]);
});

test("timeouts, slow answers, limits and a budget are told, of the server that they are about", async () => {
  const over = { resolve: 0 };
  const core = await start(
    {
      timeout: { when: "timeout", above: 1, ...over },
      response_time: { when: "response_time", above: 20, minimumCalls: 1, ...over },
      rate_limit_exceeded: { when: "rate_limit_exceeded", above: 0, ...over },
      budget: { when: "budget", above: 0.02, server: "two", ...over },
    },
    { policy: { limit: { principal: { calls: 1, windowMs: 60_000 } } } },
    { policy: { ...NO_TIME, ...UNBROKEN }, cost: { perCall: 1 } },
  );
  await fail(core);
  await fail(core);
  const someone = keyOf("key:a");
  for (let n = 0; n < 2; n += 1) await core.call("one__echo", {}, someone).catch(() => {});
  await until("three are told", () => core.told.length === 3);
  const told = core.told.map(({ alert }) => String(alert)).toSorted();
  // What is spent at another server is not in its budget.
  expect(told).toEqual(["rate_limit_exceeded/one", "response_time/one", "timeout/one"]);
  await expect(core.ask("alerts", {}, someone)).rejects.toMatchObject({ code: "denied" });
});

test("what must last is pending first, and nothing is told of it when it passes", async () => {
  const rule = { when: "error_rate", above: 0.3, minimumCalls: 2, for: 3_600 };
  const core = await start({ error_rate: rule }, {}, { policy: { ...NO_TIME, ...UNBROKEN } });
  await fail(core);
  await fail(core);
  await until("it is pending", async () => (await core.list())[0]?.state === "pending");
  for (let n = 0; n < 8; n += 1) await core.call("one__echo", {});
  await until("it is gone", async () => (await core.list()).length === 0);
  expect(core.told).toEqual([]);
});

test("webhooks are told without being asked to, and a change of the rules is in effect at once", async () => {
  const [place, receiver] = [createPlace(), await startReceiver()];
  const configure = (alerts: JsonObject) =>
    place.configure({
      mcpServers: { one: { ...entry(place, "one"), policy: { ...NO_TIME, ...UNBROKEN } } },
      events: {
        ...{ allowHosts: [receiver.host], webhooks: { ops: { url: receiver.url, form: "slack" } } },
        ...{ alertEveryMs: 100, alerts },
      },
    });
  configure({ ...OURS, slips: { when: "error", above: 0 } });
  const { url } = await serve(place);
  const rest = `${url.replace(/\/mcp$/, "/api/mcp")}`;
  const failing = { tool: "one.echo", arguments: { beforeMs: 10_000 } };
  await fetch(`${rest}/tool/call`, { method: "POST", body: JSON.stringify(failing) });
  await until("it is told", () => receiver.received.length === 1);
  expect(receiver.received[0]?.json.text).toMatch(/^\*alert\.firing\*\n[\s\S]*1 calls failed/);
  configure(OURS);
  const states = async () => {
    const { data } = (await (await fetch(`${rest}/alerts`)).json()) as { data: JsonObject };
    return objectsOf(data.alerts).map(({ state }) => state);
  };
  await until("it is over", async () => (await states())[0] === "resolved");
  await until("that is told, too", () => receiver.received.length === 2);
});
