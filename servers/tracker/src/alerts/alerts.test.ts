import { verifyDelivery } from "@trestle/events";
import { type JsonObject, silentLogger, systemClock } from "@trestle/protocol";
import { manualClock, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { healthSchema } from "../health/config.ts";
import { keepInStore } from "../health/keeper.ts";
import { createMonitor } from "../health/monitor.ts";
import type { CheckResult } from "../health/probes/probe.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { type Receiver, startReceiver } from "./_receiver.ts";
import { resolveAlerts } from "./config.ts";
import { type AlertDelivery, createOutbox, readDeliveries } from "./outbox.ts";
import { createSilences } from "./silences.ts";

/** A monitor, its outbox and a real store and receiver, in time that is moved by hand. */
async function world(
  alerts: JsonObject,
  {
    targets = [{ name: "web" }] as JsonObject[],
    environment = {},
    slow = false,
    store: given = undefined as TrackerStore | undefined,
  } = {},
) {
  const clock = manualClock();
  const store = given ?? (await openSqliteStore({ folder: temporaryFolder("alerts"), clock }));
  const levels: Record<string, CheckResult["level"]> = {};
  const tcp = { kind: "tcp", host: "h", port: 1, intervalMs: 10_000, fall: 2, rise: 2 };
  const config = healthSchema.parse({
    targets: targets.map((each) => ({ ...tcp, ...each })),
    alerts: { allowHosts: ["127.0.0.1"], ...alerts },
  });
  const settings = resolveAlerts(config.alerts, environment);
  const parts = { clock, random: () => 0.5, log: silentLogger };
  // An attempt takes real time, unless its next one is to be waited for.
  const outbox = createOutbox({ ...parts, store, settings, clock: slow ? clock : systemClock });
  const ids = ["s2", "s1"];
  const newId = () => ids.pop() ?? "";
  const silences = createSilences({ store, now: clock.now, newId });
  const monitor = createMonitor({
    ...{ ...parts, config, alerts: settings, silences: silences.list, tell: outbox.add },
    keeper: keepInStore(store),
    publish: () => {},
    check: async ({ name }) => ({
      ...{ level: levels[name] ?? "up", detail: "said so", at: clock.now(), latencyMs: 1 },
    }),
  });
  await outbox.start();
  await monitor.start();
  onTestFinished(async () => {
    await monitor.stop();
    await outbox.close();
    if (given === undefined) await store.close();
  });
  /** So many checks of all targets, ten seconds apart. */
  async function look(times: number): Promise<void> {
    for (let round = 0; round < times; round += 1) {
      clock.advance(10_000);
      await monitor.checkNow();
    }
  }
  return { clock, store, levels, outbox, monitor, silences, look };
}

async function untilStored(
  store: TrackerStore,
  isSo: (deliveries: readonly AlertDelivery[]) => boolean,
  meanwhile = () => {},
): Promise<void> {
  let stored: readonly AlertDelivery[] = [];
  const look = async () => {
    stored = await readDeliveries(store);
  };
  await look();
  await until("it is so in the store", () => {
    meanwhile();
    void look();
    return isSo(stored);
  });
}

const topics = ({ received }: Receiver) =>
  received.map(({ json }) => `${json.topic} ${(json.payload as JsonObject).target}`);

test("an alert is told once when it fires and once when it is over, signed", async () => {
  const receiver = await startReceiver();
  const hook = { url: receiver.url, secret: "$" + "{HOOK_SECRET}" };
  const environment = { HOOK_SECRET: "s3cret" };
  const { levels, look, store } = await world({ webhooks: { ops: hook } }, { environment });
  await look(2);
  levels.web = "down";
  await look(5);
  levels.web = "up";
  await look(5);
  await until("both are told", () => receiver.received.length === 2);
  expect(topics(receiver)).toEqual(["alert.firing web", "alert.resolved web"]);
  const [fired] = receiver.received;
  expect(fired?.json.payload).toMatchObject({
    ...{ target: "web", kind: "tcp", severity: "critical", summary: "web is down: said so" },
  });
  const verified = verifyDelivery(fired ?? { headers: {}, body: "" }, {
    ...{ secrets: ["s3cret"], now: Date.now() },
  });
  expect(verified).toMatch(/^web-\d+-firing$/);
  await untilStored(store, ({ length }) => length === 0);
  expect(JSON.stringify(await store.documents("delivery"))).not.toContain("s3cret");
});

test("Slack and Discord are told in their own words, by severity and by target", async () => {
  const receiver = await startReceiver();
  const webhooks = {
    slack: { form: "slack", url: "$" + "{SLACK_URL}", severities: ["critical"] },
    discord: { form: "discord", url: "$" + "{DISCORD_URL}", targets: ["db*"] },
  };
  const environment = {
    SLACK_URL: `${receiver.url}/slack`,
    DISCORD_URL: `${receiver.url}/discord`,
  };
  const targets = [{ name: "db1" }, { name: "cron", severity: "warning" }];
  const { levels, look } = await world({ webhooks }, { targets, environment });
  await look(1);
  Object.assign(levels, { db1: "down", cron: "down" });
  await look(3);
  await until("both are told", () => receiver.received.length === 2);
  const by = Object.fromEntries(receiver.received.map(({ path, json }) => [path, json]));
  expect(by["/slack"]).toMatchObject({ text: expect.stringContaining("db1 is down: said so") });
  expect(by["/discord"]).toMatchObject({
    content: expect.stringContaining("db1 is down: said so"),
    allowed_mentions: { parse: [] },
  });
});

test("who asks for it is reminded while it fires, and no more when it is over", async () => {
  const receiver = await startReceiver();
  const { levels, look } = await world({
    webhooks: { ops: { url: receiver.url } },
    remindAfterMs: 60_000,
  });
  await look(1);
  levels.web = "down";
  await look(2 + 13);
  levels.web = "up";
  await look(10);
  await until("all are told", () => receiver.received.length === 4);
  expect(topics(receiver)).toEqual([
    "alert.firing web",
    "alert.reminder web",
    "alert.reminder web",
    "alert.resolved web",
  ]);
  const ids = receiver.received.map(({ headers }) => headers["trestle-delivery"]);
  expect(new Set(ids).size).toBe(4);
});

test("what is silenced fires once the silence is over, and who was told hears the end", async () => {
  const receiver = await startReceiver();
  const { levels, look, silences, monitor, clock } = await world({
    webhooks: { ops: { url: receiver.url } },
  });
  const silence = await silences.add({
    ...{ targets: ["w*"], until: clock.now() + 600_000, reason: "moving house", by: "Ada" },
  });
  levels.web = "down";
  await look(10);
  expect(monitor.status()).toMatchObject([
    {
      alert: { state: "pending" },
      suppression: { kind: "silence", reason: "moving house" },
    },
  ]);
  expect(receiver.received).toEqual([]);
  await silences.remove(silence.id);
  await look(1);
  await until("it is told", () => receiver.received.length === 1);
  await silences.add({ targets: ["*"], until: clock.now() + 600_000 });
  levels.web = "up";
  await look(4);
  await until("its end is told", () => receiver.received.length === 2);
  expect(topics(receiver)).toEqual(["alert.firing web", "alert.resolved web"]);
  await expect(silences.remove("s9")).rejects.toThrow("There is no silence s9; there is: s2.");
  await expect(silences.add({ targets: ["a"], until: 1 })).rejects.toThrow(/yet to come/);
});

test("a receiver that fails gets everything later, in its order; what it refuses is given up", async () => {
  const receiver = await startReceiver();
  receiver.status = 503;
  const { levels, look, store, clock } = await world(
    { webhooks: { ops: { url: receiver.url } }, timeoutMs: 60_000 },
    { slow: true },
  );
  levels.web = "down";
  await look(3);
  await untilStored(store, ([first]) => (first?.attempts ?? 0) > 0);
  levels.web = "up";
  await look(3);
  receiver.status = 204;
  await until("both are told", () => {
    clock.advance(500);
    return receiver.received.length === 2;
  });
  expect(topics(receiver)).toEqual(["alert.firing web", "alert.resolved web"]);
  receiver.status = 404;
  levels.web = "down";
  await look(3);
  await untilStored(store, ([first]) => first?.state === "dead");
  expect((await readDeliveries(store))[0]).toMatchObject({ lastError: "answered 404" });
});

test("what no store can keep is told all the same, and once", async () => {
  const receiver = await startReceiver();
  const real = await openSqliteStore({ folder: temporaryFolder("alerts") });
  onTestFinished(() => real.close());
  let isFull = false;
  const store: TrackerStore = {
    ...real,
    async putDocuments(...given) {
      if (isFull) throw new Error("disk full");
      await real.putDocuments(...given);
    },
  };
  const { levels, look, clock } = await world(
    { webhooks: { ops: { url: receiver.url } }, timeoutMs: 60_000 },
    { store, slow: true },
  );
  await look(1);
  isFull = true;
  levels.web = "down";
  await look(4);
  await until("it is told", () => receiver.received.length === 1);
  isFull = false;
  await look(2);
  await untilStored(
    real,
    ({ length }) => length === 0,
    () => clock.advance(500),
  );
  levels.web = "up";
  await look(3);
  await until("its end is told", () => receiver.received.length === 2);
  expect(topics(receiver)).toEqual(["alert.firing web", "alert.resolved web"]);
});

test("a target that is taken out of the configuration while it fires is told to be over", async () => {
  const receiver = await startReceiver();
  const store = await openSqliteStore({ folder: temporaryFolder("alerts") });
  onTestFinished(() => store.close());
  const alerts = { webhooks: { ops: { url: receiver.url } } };
  const first = await world(alerts, { store });
  first.levels.web = "down";
  await first.look(3);
  await until("it is told", () => receiver.received.length === 1);
  await first.monitor.stop();
  await first.outbox.close();
  await world(alerts, { store, targets: [{ name: "other" }] });
  // That it fires may come twice: who told it ended before the receiver had answered.
  const ends = () => receiver.received.filter(({ json }) => json.topic === "alert.resolved");
  await until("its end is told", () => ends().length === 1);
  expect(ends()[0]?.json).toMatchObject({
    payload: { summary: "web is watched no more. It was: web is down: said so" },
  });
});

test("secrets stand in the environment alone, and what is wrong is told without them", () => {
  const parse = (webhook: JsonObject) =>
    healthSchema.safeParse({ alerts: { webhooks: { ops: webhook } } });
  const problems = (webhook: JsonObject) => JSON.stringify(parse(webhook).error?.issues);
  expect(problems({ url: "https://a.test", secret: "hunter2" })).toContain("secrets do not stand");
  expect(problems({ form: "slack", url: "https://hooks.slack.test/T/B" })).toContain("is a secret");
  expect(problems({ form: "datadog", url: "https://a.test" })).toContain("is needed by datadog");
  const { alerts } = healthSchema.parse({
    alerts: { webhooks: { ops: { url: "https://a.test", secret: "$" + "{NOT_THERE}" } } },
  });
  expect(() => resolveAlerts(alerts, {})).toThrow(
    "Alerts can not be told: alerts.webhooks.ops.secret names the variable NOT_THERE, which is not set: set it where the tracker is started.",
  );
});
