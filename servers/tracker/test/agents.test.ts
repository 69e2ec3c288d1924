import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { type JsonObject, silentLogger, systemClock } from "@trestle/protocol";
import { temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { agentSchema, keyOf } from "../src/agent/config.ts";
import { startAgent } from "../src/agent/run-agent.ts";
import { AGENT_PATH } from "../src/agent/wire.ts";
import { startReceiver } from "../src/alerts/_receiver.ts";
import { config as settings } from "../src/config.ts";
import { openState, type State } from "../src/state.ts";
import { freePort, keysOf } from "./_agents.ts";
import { allRecords } from "./_ingesting.ts";

/** A tracker in this process that agents deliver to. */
async function openTracker(more: object = {}) {
  const dataDir = temporaryFolder("tracker");
  const agentsAt = `127.0.0.1:${await freePort()}`;
  const state = await openState({
    config: settings.parse({ dataDir, agentsAt, read: false, ...more }),
    host: { dataDir, clock: systemClock, log: silentLogger, publish: () => {} },
    version: "0",
  });
  onTestFinished(() => state.close());
  await state.caughtUp();
  return { state, dataDir, url: state.collecting.url() ?? "" };
}

async function openAgent(
  { url, key, folder = temporaryFolder("spool") }: { url: string; key: string; folder?: string },
  more: object = {},
  log = silentLogger,
) {
  const agent = await startAgent({
    config: agentSchema.parse({ name: "web1", url, key: "$" + "{KEY}", ...more }),
    ...{ environment: { KEY: key }, folder, home: folder, version: "0", log },
    ...{ clock: systemClock, random: () => 0, newId: randomUUID },
  });
  onTestFinished(() => agent.close());
  return { agent, folder };
}

/** The lines, once there are so many records. */
async function untilStored({ store }: State, count: number): Promise<readonly string[]> {
  let records = 0;
  let asking: Promise<void> | undefined;
  await until(
    "it is stored",
    () => {
      asking ??= store.stats().then((stats) => {
        records = stats.records;
        asking = undefined;
      });
      return records >= count;
    },
    60_000,
  );
  await asking;
  return (await allRecords(store)).lines;
}

const line = (n: number, text = "") => `2026-01-01T00:00:00.000Z INFO [app] line ${n}${text}\n`;

test("what is read on another host is found here, by its host, and secrets never leave that", async () => {
  const { state, url } = await openTracker();
  const key = await state.collecting.keys.add("web1");
  const folder = temporaryFolder("logs");
  const path = join(folder, "app.log");
  writeFileSync(path, line(1, " password=hunter2hunter2") + line(2, " badge 4711-0815") + line(3));
  const sources = [{ name: "app", path }];
  const spool = await openAgent({ url, key }, { sources, redactPatterns: ["\\d{4}-\\d{4}"] });
  const lines = await untilStored(state, 3);
  expect(lines.join()).not.toMatch(/hunter2|4711/);
  const { items } = await state.store.records({ sessionId: "log:web1/app", limit: 10 });
  expect(items[0]?.origin).toMatchObject({ source: "web1/app", path });
  for (const name of readdirSync(spool.folder)) {
    expect(readFileSync(join(spool.folder, name), "latin1")).not.toMatch(/hunter2|4711-/);
  }
  expect(await state.collecting.keys.list()).toMatchObject([
    { name: "web1", seenAt: expect.any(Number) },
  ]);
});

test("a tracker that is gone is waited for, with a spool that has an end", async () => {
  const { state, dataDir, url } = await openTracker();
  const key = await keysOf(state.store).add("web1");
  await state.close();
  const folder = temporaryFolder("logs");
  const path = join(folder, "app.log");
  const count = 12_000;
  writeFileSync(
    path,
    Array.from({ length: count }, (_, n) => line(n, ` ${"x".repeat(200)}`)).join(""),
  );
  expect(statSync(path).size).toBeGreaterThan(2 * 2 ** 20);
  const sources = [{ name: "app", path }];
  const { agent } = await openAgent({ url, key }, { sources, spoolMb: 1 });
  await until("its spool is full", () => agent.status().waiting.bytes > 2 ** 19);
  expect(agent.status().trouble).toMatch(/takes nothing: .*ECONNREFUSED/);
  // More is written while nothing more is read.
  appendFileSync(path, line(count));
  await until("it stands still", () => agent.status().reading.backlog > 0);
  expect(agent.status().waiting.bytes).toBeLessThan(2 ** 20);
  const again = await openState({
    config: settings.parse({ dataDir, agentsAt: new URL(url).host, read: false }),
    host: { dataDir, clock: systemClock, log: silentLogger, publish: () => {} },
    version: "0",
  });
  onTestFinished(() => again.close());
  const lines = await untilStored(again, count + 1);
  expect(new Set(lines).size).toBe(count + 1);
  expect(lines).toHaveLength(count + 1);
}, 90_000);

test("an answer that is lost doubles nothing", async () => {
  const { state, url } = await openTracker();
  const key = await state.collecting.keys.add("web1");
  let lost = 0;
  // Passes everything on, and cuts the first three answers that took something.
  const proxy = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { authorization = "" } = request.headers;
    const body = Buffer.concat(pieces);
    const answer = await fetch(`${url}${request.url}`, {
      method: "POST",
      headers: { authorization },
      body,
    });
    const told = (await answer.json()) as JsonObject;
    if (Number(told.done) > 0 && lost < 3) {
      lost += 1;
      response.destroy();
    } else response.writeHead(answer.status).end(JSON.stringify(told));
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void proxy.close());
  const path = join(temporaryFolder("logs"), "app.log");
  writeFileSync(path, line(1) + line(2));
  const sources = [{ name: "app", path }];
  const through = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const { agent } = await openAgent({ url: through, key }, { sources });
  await until("all is delivered", () => lost === 3 && agent.status().waiting.messages === 0);
  appendFileSync(path, line(3));
  const lines = await untilStored(state, 3);
  expect(lines).toHaveLength(3);
});

test("a key that is wrong is told with what to do, and nothing is taken with it", async () => {
  const { state, url } = await openTracker();
  const key = await state.collecting.keys.add("web1");
  await state.collecting.keys.add("web2");
  await expect(openAgent({ url, key: "web1.wrong" })).rejects.toThrow(
    `The tracker at ${url} does not know this key: make one there with "trestle-tracker agents add NAME", and set the variable that the agent's file names to it.`,
  );
  const post = async (headers: Record<string, string>, body: string) => {
    const answer = await fetch(`${url}${AGENT_PATH}`, { method: "POST", headers, body });
    return [answer.status, (await answer.json()) as JsonObject] as const;
  };
  const authorized = { authorization: `Bearer ${key}` };
  expect((await post({}, "{}"))[0]).toBe(401);
  expect((await post(authorized, "{"))[0]).toBe(400);
  expect((await post(authorized, '{"protocol":2,"messages":[]}'))[1]).toMatchObject({
    error: { code: "invalid_input", message: expect.stringContaining("protocol") },
  });
  expect((await post(authorized, " ".repeat(17 * 2 ** 20)))[0]).toBe(413);
  const foreign = {
    ...{ kind: "records", stream: "s", seq: 1, source: "web2/app", path: "/x", begunAt: 1 },
    ...{ records: [], sessions: [], skipped: [["binary", 1]] },
  };
  const [, refused] = await post(authorized, JSON.stringify({ protocol: 1, messages: [foreign] }));
  expect(refused).toMatchObject({ done: 0, error: { code: "denied" } });
  const stored = JSON.stringify(await state.store.documents("setting"));
  expect(stored).toContain("web1");
  expect(stored).not.toContain(key.slice(5));
  await state.collecting.keys.remove("web1");
  expect((await post(authorized, '{"protocol":1,"messages":[]}'))[0]).toBe(401);
});

test("what an agent checks is judged here: shown, and told once", async () => {
  const receiver = await startReceiver();
  const file = join(temporaryFolder("health"), "health.json");
  const alerts = { webhooks: { ops: { url: receiver.url } }, allowHosts: ["127.0.0.1"] };
  writeFileSync(file, JSON.stringify({ alerts }));
  const { state, url } = await openTracker({ healthFile: file });
  const key = await state.collecting.keys.add("web1");
  const target = createTcpServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(target, "listening");
  const { port } = target.address() as AddressInfo;
  const checked = { kind: "tcp", host: "127.0.0.1", port, intervalMs: 1_000, fall: 1, rise: 1 };
  await openAgent({ url, key }, { targets: [{ name: "till", ...checked }] });
  let status = "";
  const untilStatus = (wanted: string) =>
    until(`it is ${wanted}`, () => {
      void state.health.status().then(([first]) => {
        status = `${first?.agent} ${first?.name} ${first?.state.status}`;
      });
      return status === `web1 web1/till ${wanted}`;
    });
  await untilStatus("up");
  target.close();
  await untilStatus("down");
  await until("it is told", () => receiver.received.length === 1);
  expect(receiver.received[0]?.json).toMatchObject({
    topic: "alert.firing",
    payload: { target: "web1/till", kind: "tcp" },
  });
  await state.collecting.keys.remove("web1");
  expect(await state.health.status()).toEqual([]);
  await until("its end is told", () => receiver.received.length === 2, 30_000);
  expect(receiver.received[1]?.json).toMatchObject({
    topic: "alert.resolved",
    payload: {
      target: "web1/till",
      summary: expect.stringContaining("web1/till is watched no more"),
    },
  });
}, 60_000);

test("a key goes over TLS, or where nobody else listens", () => {
  const of = (url: string, more = {}) =>
    keyOf(agentSchema.parse({ name: "a", url, key: "$" + "{KEY}", ...more }), { KEY: "a.b" });
  expect(of("https://tracker.test")).toBe("a.b");
  expect(of("http://127.0.0.1:1")).toBe("a.b");
  expect(of("http://10.0.0.1:1", { insecure: true })).toBe("a.b");
  expect(() => of("http://10.0.0.1:1")).toThrow(/give an https URL/);
  expect(agentSchema.safeParse({ name: "a", url: "https://x.test", key: "plain" }).success).toBe(
    false,
  );
});
