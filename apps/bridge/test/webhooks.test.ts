import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifyDelivery } from "@trestle/events";
import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { objectsOf } from "../src/cli/data.ts";
import { callByHttp, listNames, serveStdio } from "./_peer.ts";
import { createPlace, type Place, run, serve, textOf } from "./_place.ts";
import { kill, until } from "./_processes.ts";
import { type Received, type Receiver, startReceiver } from "./_receiver.ts";
import { entry } from "./_upstreams.ts";

const NO_TIME = { timeout: { attemptMs: 100 }, retry: { retries: 0 } };
const NOTIFY = { kind: "notify", level: "alert", message: "Look at what runs now." };

/** A server whose `echo` fails as soon as it is slow, and tells a person. */
function configOf(place: Place, { host }: Receiver, webhooks: JsonObject, more: JsonObject = {}) {
  const echo = { ...NO_TIME, fallback: [NOTIFY] };
  const one = { ...entry(place, "one"), policy: { tools: { echo } } };
  return { mcpServers: { one }, events: { allowHosts: [host], webhooks, ...more } };
}

/** Fails, and is told of under `fallback.alert`. */
function fail(url: string): Promise<unknown> {
  return callByHttp(url, "one__echo", { text: "secret words", beforeMs: 5_000 });
}

const topicsAt = ({ received }: Receiver) => received.map(({ json }) => json.topic);

async function got(receiver: Receiver, count: number): Promise<void> {
  await until(`${count} deliveries`, () => receiver.received.length >= count);
}

test("a person who is to be notified is, signed, without what was asked", async () => {
  const [place, receiver] = [createPlace(), await startReceiver()];
  writeFileSync(join(place.root, "secret"), "a-secret-of-its-own\n", { mode: 0o600 });
  place.configure(
    configOf(place, receiver, { ops: { url: "${HOOK}?channel=7", secret: "${file:secret}" } }),
  );
  const env = { HOOK: receiver.url };
  const { url } = await serve(place, [], env);
  await fail(url);
  await got(receiver, 1);
  const { headers, body, path, json } = receiver.received[0] as Received;
  expect([path, json]).toMatchObject([
    "/hook?channel=7",
    {
      topic: "fallback.alert",
      payload: {
        ...{ level: "alert", message: "Look at what runs now.", server: "one", tool: "echo" },
        ...{ errorCode: "timeout", executionId: expect.any(String) },
      },
    },
  ]);
  const secrets = ["a-secret-of-its-own"];
  expect(verifyDelivery({ headers, body }, { secrets, now: Date.now() })).toBeTruthy();
  expect(body).not.toContain("secret words");
  const why = await run(place, ["why", String((json.payload as JsonObject).executionId)], env);
  expect(why.stdout).toMatch(/^one\.echo/);
  const seen = textOf(place.logFile) + (await run(place, ["webhooks", "--json"], env)).stdout;
  expect(seen).not.toContain("a-secret-of-its-own");
  expect(seen).not.toContain("channel=7");
});

test("each webhook gets its topics: what somebody should know by default, and calls where it asks", async () => {
  const [place, some, calls] = [createPlace(), await startReceiver(), await startReceiver()];
  const config = configOf(
    place,
    some,
    { some: { url: some.url }, calls: { url: calls.url, topics: ["call.*"] } },
    { allowHosts: [some.host, calls.host] },
  );
  const review = { kind: "review", message: "Was it done?" };
  const breaker = { consecutive: 1 };
  config.mcpServers.one.policy.tools.echo = { ...NO_TIME, breaker, fallback: [review] } as never;
  place.configure(config);
  const { url } = await serve(place);
  await callByHttp(url, "one__read", { key: "fine" });
  await fail(url);
  await Promise.all([got(some, 2), got(calls, 2)]);
  expect(topicsAt(some).sort()).toEqual(["breaker.open", "review.waiting"]);
  expect(topicsAt(calls).sort()).toEqual(["call.success", "call.tool_error"]);
  const waiting = some.received.find(({ json }) => json.topic === "review.waiting");
  const { reviewId } = (waiting?.json.payload ?? {}) as JsonObject;
  expect((await run(place, ["review", "show", String(reviewId)])).stdout).toContain("one.echo");
});

test("Slack, Discord, GitHub and Datadog get what they read, with keys from wherever they are kept", async () => {
  const place = createPlace();
  const [slack, discord, github, datadog] = await Promise.all([
    ...[startReceiver(), startReceiver(), startReceiver(), startReceiver()],
  ] as const);
  const all = [slack, discord, github, datadog];
  writeFileSync(join(place.root, "key"), "a-key-of-a-command\n");
  const webhooks = {
    slack: { form: "slack", url: slack.url },
    discord: { form: "discord", url: discord.url },
    github: { form: "github", url: github.url, token: "${env:TOKEN}" },
    datadog: {
      ...{ form: "datadog", url: datadog.url, tags: ["team:a"] },
      apiKey: { command: ["cat", join(place.root, "key")] },
    },
  };
  place.configure(configOf(place, slack, webhooks, { allowHosts: all.map(({ host }) => host) }));
  const { url } = await serve(place, [], { TOKEN: "a-token-from-outside" });
  await fail(url);
  await Promise.all(all.map((each) => got(each, 1)));
  expect(slack.received[0]?.json.text).toMatch(/^\*fallback\.alert\*/);
  expect(discord.received[0]?.json.content).toMatch(/^\*\*fallback\.alert\*\*/);
  expect(github.received[0]?.headers.authorization).toBe("Bearer a-token-from-outside");
  expect(github.received[0]?.json.event_type).toBe("fallback.alert");
  expect(datadog.received[0]?.headers["dd-api-key"]).toBe("a-key-of-a-command");
  expect(datadog.received[0]?.json.tags).toEqual(["topic:fallback.alert", "team:a"]);
  expect(textOf(place.logFile)).not.toMatch(/a-token-from|a-key-of/);
});

test("changes are in effect from the next event on, without a restart", async () => {
  const [place, first, second] = [createPlace(), await startReceiver(), await startReceiver()];
  const allowHosts = [first.host, second.host];
  const configure = (...ops: readonly [{ url: string; secret?: string }?]) => {
    const webhooks = ops.map((each) => ["ops", { topics: ["fallback.*"], ...each }]);
    place.configure(configOf(place, first, Object.fromEntries(webhooks), { allowHosts }));
  };
  const taken = async (count: number) =>
    until(
      "the change is taken",
      () => textOf(place.logFile).split('"configuration changed"').length > count,
    );
  configure();
  const { url } = await serve(place);
  await fail(url);
  configure({ url: first.url });
  await taken(1);
  await fail(url);
  await got(first, 1);
  configure({ url: second.url, secret: "another" });
  await taken(2);
  await fail(url);
  await got(second, 1);
  const { headers, body } = second.received[0] ?? { headers: {}, body: "" };
  verifyDelivery({ headers, body }, { secrets: ["another"], now: Date.now() });
  configure();
  await taken(3);
  await fail(url);
  configure({ url: second.url });
  await taken(4);
  await fail(url);
  await got(second, 2);
  // What happened before there was a webhook, and while there was none, is told to nobody.
  expect([first.received.length, second.received.length]).toEqual([1, 2]);
});

test("a delivery that waits survives a SIGKILL, and keeps its id", async () => {
  const [place, receiver] = [createPlace(), await startReceiver()];
  receiver.answer(503);
  place.configure(configOf(place, receiver, { ops: { url: receiver.url, secret: "s3cret" } }));
  const before = await serve(place);
  await fail(before.url);
  await got(receiver, 1);
  const waiting = async () => JSON.parse((await run(place, ["webhooks", "--json"])).stdout).waiting;
  await until("its failure is stored", async () => (await waiting())[0]?.attempts >= 1);
  expect(objectsOf(await waiting())).toMatchObject([{ webhook: "ops", error: "answered 503" }]);
  kill(before.pid);
  await before.ended;
  const failed = receiver.received.length;
  receiver.answer(204);
  await serve(place);
  await got(receiver, failed + 1);
  const ids = receiver.received.map(({ headers }) => headers["trestle-delivery"]);
  expect(new Set(ids).size).toBe(1);
  await until("nothing waits", async () => (await waiting()).length === 0);
});

test("a bridge that ends in order stores what it has to tell", async () => {
  const [place, receiver] = [createPlace(), await startReceiver()];
  receiver.answer(503);
  const topics = ["fallback.*"];
  place.configure(configOf(place, receiver, { ops: { url: receiver.url, topics } }));
  const before = await serve(place);
  const calls = Array.from({ length: 20 }, () => fail(before.url));
  await Promise.all(calls);
  process.kill(before.pid, "SIGTERM");
  expect(await before.ended).toBe(0);
  receiver.answer(204);
  const failed = receiver.received.length;
  await serve(place);
  const delivered = () =>
    new Set(
      receiver.received.slice(failed).map(({ json }) => (json.payload as JsonObject).executionId),
    );
  await until("all are delivered", () => delivered().size === 20);
});

test("of the processes of a home one tells", async () => {
  const [place, receiver] = [createPlace(), await startReceiver()];
  place.configure(configOf(place, receiver, { ops: { url: receiver.url } }));
  const { url } = await serve(place);
  const { peer } = await serveStdio(place, "legacy");
  await listNames(peer);
  await peer.call("one__echo", { beforeMs: 5_000 });
  await fail(url);
  await got(receiver, 2);
  await until("nothing waits", async () => {
    const { stdout } = await run(place, ["webhooks", "--json"]);
    return JSON.parse(stdout).waiting.length === 0;
  });
  expect(receiver.received).toHaveLength(2);
});

test("no webhook reaches into the private network; what was given up is seen and replayed", async () => {
  const [place, receiver] = [createPlace(), await startReceiver()];
  const inside = { url: `https://${receiver.host}/`, topics: ["fallback.*"] };
  place.configure({ ...configOf(place, receiver, { inside }, { allowHosts: [] }) });
  const { url } = await serve(place);
  await fail(url);
  const listed = async () => JSON.parse((await run(place, ["webhooks", "--json"])).stdout);
  await until("it is given up", async () => (await listed()).dead_letters.length === 1);
  expect(receiver.received).toEqual([]);
  const [letter] = (await listed()).dead_letters;
  expect(letter).toMatchObject({
    webhook: "inside",
    topic: "fallback.alert",
    error: expect.stringContaining("not on the public internet"),
  });
  expect((await run(place, ["webhooks"])).stdout).toContain("Given up");
  const doctor = await run(place, ["doctor"]);
  expect(doctor.stdout.replace(/\s+/g, " ")).toMatch(/warn webhooks .*inside: 1.*webhooks replay/);

  const now = configOf(place, receiver, { inside: { ...inside, url: receiver.url } });
  place.configure(now);
  await until("it is taken", () => textOf(place.logFile).includes('"configuration changed"'));
  expect(await run(place, ["webhooks", "replay", letter.id])).toMatchObject({ code: 0 });
  await got(receiver, 1);
  expect((await run(place, ["webhooks", "replay", letter.id])).code).toBe(1);
  const home = readFileSync(join(place.home, "admin.key"), "utf8").trim();
  const rest = url.replace(/\/mcp$/, "/api/mcp/webhooks");
  const asked = await fetch(rest, { headers: { authorization: `Bearer ${home}` } });
  expect(await asked.text()).toContain('"dead_letters":[]');
});
