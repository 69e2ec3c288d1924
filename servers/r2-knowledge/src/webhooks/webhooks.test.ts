import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifyDelivery } from "@trestle/events";
import { expect, test } from "vitest";
import { type Received, startReceiver } from "../../test/_receiver.ts";
import { createWorld } from "./_webhooks.ts";

const error = (message: string, more: object = {}) => ({ error: { message }, ...more });
const topicsOf = (received: readonly Received[]) =>
  received.map(({ body }) => JSON.parse(body).topic);

test("what is wanted is delivered once, in its order, whichever process delivers", async () => {
  const receiver = await startReceiver();
  const world = createWorld({
    all: { url: receiver.url, secret: "s3cret" },
    bad: { url: `${receiver.url}/bad`, severity: ["critical"], context: ["shop*"] },
  });
  const [one, two] = await Promise.all([world.open("one"), world.open("two")]);
  await one.webhooks.deliver();
  await one.knowledge.store(error("mild", { severity: "low", context: "shop" }));
  world.clock.advance(10);
  await two.knowledge.store(error("elsewhere", { severity: "critical", context: "billing" }));
  world.clock.advance(10);
  await two.knowledge.store(error("grave", { severity: "critical", context: "shop api" }));
  await Promise.all([one.webhooks.deliver(), two.webhooks.deliver()]);
  await Promise.all([one.webhooks.deliver(), two.webhooks.deliver()]);
  const to = (path: string) => receiver.received.filter((each) => each.path === path);
  const all = to("/hook");
  expect(all.map(({ body }) => JSON.parse(body).payload.summary)).toEqual([
    "mild",
    "elsewhere",
    "grave",
  ]);
  expect(to("/hook/bad").map(({ body }) => JSON.parse(body).payload.summary)).toEqual(["grave"]);
  for (const { headers, body } of all) {
    const id = verifyDelivery({ headers, body }, { secrets: ["s3cret"], now: world.clock.now() });
    expect(id).toMatch(/^[0-9A-Z]{26}-\d+$/);
  }
});

test("each form arrives as its receiver wants it", async () => {
  const receiver = await startReceiver();
  const { url } = receiver;
  const world = createWorld(
    {
      slack: { form: "slack", url: `${url}/slack` },
      discord: { form: "discord", url: `${url}/discord` },
      issue: { form: "github-issue", url: `${url}/issues`, token: "${TOKEN}", labels: ["errors"] },
      datadog: { form: "datadog", url: `${url}/datadog`, apiKey: "key-1", tags: ["team:a"] },
    },
    { TOKEN: "t0ken" },
  );
  const { webhooks, knowledge } = await world.open("one");
  await webhooks.deliver();
  await knowledge.store(error("pool timed out <!channel> @here", { fix: "raise it" }));
  await webhooks.deliver();
  const of = (name: string) => {
    const found = receiver.received.find(({ path }) => path === `/hook/${name}`);
    return { headers: found?.headers ?? {}, body: JSON.parse(found?.body ?? "null") };
  };
  expect(of("slack").body.text).toMatch(/^\*diagnosis\.stored\*/);
  expect(of("slack").body.text).not.toContain("<!channel>");
  expect(of("discord").body).toMatchObject({ allowed_mentions: { parse: [] } });
  expect(of("issues").headers.authorization).toBe("Bearer t0ken");
  expect(of("issues").body).toMatchObject({
    title: expect.stringMatching(/^diagnosis\.stored: pool timed out/),
    labels: ["errors"],
  });
  expect(of("issues").body.title).not.toContain("@here");
  expect(of("datadog").headers["dd-api-key"]).toBe("key-1");
});

test("what fails waits and keeps its place; what is refused is given up and can be tried again", async () => {
  let answer = 503;
  const receiver = await startReceiver(() => answer);
  const world = createWorld({ one: { url: receiver.url } });
  const { webhooks, knowledge } = await world.open("one");
  await webhooks.deliver();
  await knowledge.store(error("first"));
  world.clock.advance(10);
  await knowledge.store(error("second"));
  expect(await webhooks.deliver()).toMatchObject([
    { delivered: 0, waiting: { error: "answered 503" } },
  ]);
  expect(await webhooks.deliver()).toMatchObject([{ delivered: 0, waiting: {} }]);
  expect(receiver.received).toHaveLength(1);
  expect(await webhooks.list()).toMatchObject([
    { attempts: 1, lastError: "answered 503", dead: 0 },
  ]);
  world.clock.advance(5_000);
  answer = 404;
  expect(await webhooks.deliver()).toMatchObject([{ delivered: 0, dead: 2 }]);
  const ids = receiver.received.map(({ headers }) => headers["trestle-delivery"]);
  expect(ids[0]).toBe(ids[1]);
  const letters = await webhooks.failed();
  expect(letters).toMatchObject([
    { target: "one", error: "answered 404", event: { seq: 2 } },
    { target: "one", event: { seq: 3 } },
  ]);
  answer = 204;
  expect(await webhooks.retry("one", 3)).toBe(1);
  expect(await webhooks.retry("one", 3)).toBe(0);
  expect(await webhooks.deliver()).toMatchObject([{ delivered: 1 }]);
  expect(JSON.parse(receiver.received.at(-1)?.body ?? "").seq).toBe(3);
  expect(await webhooks.failed()).toHaveLength(1);
});

test("an event that always fails is given up at last, and those behind it go on", async () => {
  const receiver = await startReceiver(({ body }) => (body.includes("poison") ? 500 : 204));
  const world = createWorld({ one: { url: receiver.url } });
  const { webhooks, knowledge } = await world.open("one");
  await webhooks.deliver();
  await knowledge.store(error("poison"));
  world.clock.advance(10);
  await knowledge.store(error("behind it"));
  for (let attempt = 0; attempt < 12; attempt += 1) {
    await webhooks.deliver();
    world.clock.advance(61 * 60_000);
  }
  expect(receiver.received.filter(({ body }) => body.includes("poison"))).toHaveLength(12);
  expect(topicsOf(receiver.received.slice(-1))).toEqual(["diagnosis.stored"]);
  expect(receiver.received.at(-1)?.body).toContain("behind it");
  expect(await webhooks.failed("one")).toMatchObject([{ attempts: 12, error: "answered 500" }]);
});

test("while one delivers no other does; when its lease is over another does", async () => {
  const receiver = await startReceiver();
  const world = createWorld({ one: { url: receiver.url } });
  const { webhooks, knowledge, store } = await world.open("one");
  await webhooks.deliver();
  await knowledge.store(error("held"));
  const key = "mcp/webhooks/one.json";
  const state = JSON.parse(new TextDecoder().decode((await store.get(key))?.body));
  const lease = { holder: "dead", until: world.clock.now() + 60_000 };
  await store.put(key, new TextEncoder().encode(JSON.stringify({ ...state, lease })));
  expect(await webhooks.deliver()).toMatchObject([{ busy: true, delivered: 0 }]);
  world.clock.advance(60_001);
  expect(await webhooks.deliver()).toMatchObject([{ busy: false, delivered: 1 }]);
});

test("the operator's file is refused in words that show no secret", async () => {
  const world = createWorld({});
  const { webhooks } = await world.open("one");
  const refusals: [unknown, RegExp][] = [
    [{ webhooks: { A: { url: "https://x.test" } } }, /lower-case letters/],
    [{ webhooks: { a: { url: "canary" } } }, /webhooks\.a\.url must be a URL/],
    [{ webhooks: { a: { url: "https://x.test", form: "github-issue" } } }, /needs a token/],
    [{ webhooks: { a: { url: "https://x.test", form: "datadog" } } }, /needs an apiKey/],
    [{ webhooks: { a: { url: "${NO_SUCH}" } } }, /variable NO_SUCH is not set/],
    [{ webhooks: { a: { url: "https://x.test", pasword: "canary" } } }, /pasword/],
  ];
  for (const [content, words] of refusals) {
    writeFileSync(world.file, JSON.stringify(content));
    const refusal = await webhooks.list().catch((caught: Error) => caught.message);
    expect(refusal).toMatch(words);
    expect(refusal).not.toContain("canary");
  }
  writeFileSync(world.file, '{"webhooks": canary');
  await expect(webhooks.list()).rejects.toThrow(/it is no JSON/);
});

test("an address within the network is not called unless the operator allows it", async () => {
  const receiver = await startReceiver();
  const world = createWorld({ one: { url: receiver.url, secret: "canary-s3cret" } });
  const text = readFileSync(world.file, "utf8");
  writeFileSync(world.file, text.replace('"127.0.0.1"', '"elsewhere.test"'));
  const { webhooks } = await world.open("one");
  expect(await webhooks.test("one")).toMatchObject({ ok: false, reason: /https/ });
  expect(receiver.received).toHaveLength(0);
  expect(JSON.stringify(await webhooks.list())).not.toMatch(/canary|hook/);
  await expect(webhooks.test("two")).rejects.toThrow("Configured are: one");
  expect(join(world.path, "webhooks.json")).toBe(world.file);
});
