import { join } from "node:path";
import { TrestleError } from "@trestle/protocol";
import { temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { verifyDelivery, type WebhookForm } from "../src/index.ts";
import { startReceiver } from "./_receiver.ts";
import { event, open, targetOf } from "./_webhooks.ts";

test("an event goes once to each target that wants its topic", async () => {
  const receiver = await startReceiver();
  const { webhooks } = await open([
    targetOf(receiver, { topics: ["call.*"] }),
    targetOf(receiver, { id: "two", topics: ["server.*", "call.failed"], url: `${receiver.url}2` }),
    targetOf(receiver, { id: "three", topics: ["server.*"] }),
  ]);
  await webhooks.enqueue(event);
  await until("delivered", () => webhooks.waiting().length === 0);
  expect(receiver.received.map(({ path }) => path).sort()).toEqual(["/hook", "/hook2"]);
  expect(JSON.parse(receiver.received[0]?.body ?? "")).toEqual(event);
});

test("a signed delivery can be verified by its receiver, and nothing about it can be changed", async () => {
  const receiver = await startReceiver();
  const form: WebhookForm = { kind: "generic", secret: "s3cret" };
  const { webhooks, clock } = await open([targetOf(receiver, { form })]);
  await webhooks.enqueue(event);
  await until("delivered", () => receiver.received.length === 1);
  const { headers, body } = receiver.received[0] ?? { headers: {}, body: "" };
  const options = { secrets: ["new", "s3cret"], now: clock.now() + 299_000 };
  const id = verifyDelivery({ headers, body }, options);
  expect(id).toMatch(/^[\w-]{36}$/);
  const denied = expect.objectContaining({ code: "denied" });
  for (const [changed, changedOptions] of [
    [{ headers, body: `${body} ` }, options],
    [{ headers: { ...headers, "trestle-delivery": "other" }, body }, options],
    [
      { headers: { ...headers, "trestle-timestamp": String(clock.now() / 1_000 + 1) }, body },
      options,
    ],
    [{ headers: { ...headers, "trestle-signature": "v1=00" }, body }, options],
    [{ headers: {}, body }, options],
    [
      { headers, body },
      { ...options, secrets: ["new"] },
    ],
    [
      { headers, body },
      { ...options, now: clock.now() + 302_000 },
    ],
  ] as const) {
    expect(() => verifyDelivery(changed, changedOptions)).toThrow(denied);
  }
});

test("what fails for now is tried again, later each time, with the same id", async () => {
  const statuses = [503, 429, 408, 200];
  const receiver = await startReceiver((response) => {
    response.writeHead(statuses.shift() ?? 200).end("answer");
  });
  const { webhooks, clock } = await open([targetOf(receiver)]);
  await webhooks.enqueue(event);
  for (const [attempt, delay] of [1_000, 2_000, 4_000].entries()) {
    await until("the outcome is stored", () => webhooks.waiting()[0]?.attempts === attempt + 1);
    await until("the next attempt is planned", () => clock.next() === delay);
    expect(webhooks.waiting()[0]?.lastError).toMatch(/^answered/);
    clock.advance(delay - 1);
    expect(receiver.received).toHaveLength(attempt + 1);
    clock.advance(1);
  }
  await until("delivered", () => webhooks.waiting().length === 0);
  const ids = receiver.received.map(({ headers }) => headers["trestle-delivery"]);
  expect(ids).toHaveLength(4);
  expect(new Set(ids).size).toBe(1);
});

test("a receiver's Retry-After is honoured", async () => {
  const receiver = await startReceiver((response) => {
    response.writeHead(429, { "retry-after": "90" }).end();
  });
  const { webhooks, clock } = await open([targetOf(receiver)]);
  await webhooks.enqueue(event);
  await until("planned", () => clock.next() === 90_000);
  expect(webhooks.waiting()[0]?.nextAt).toBe(clock.now() + 90_000);
});

test("what cannot succeed, or failed too often, is a dead letter and can be replayed", async () => {
  let status = 404;
  const receiver = await startReceiver((response) => void response.writeHead(status).end());
  const { webhooks, clock } = await open([targetOf(receiver)], { maxAttempts: 2 });
  await webhooks.enqueue(event);
  await until("dead at once", () => webhooks.deadLetters().length === 1);
  const [dead] = webhooks.deadLetters();
  expect(dead).toMatchObject({ target: "one", event, attempts: 1, lastError: "answered 404" });

  status = 500;
  await webhooks.replay(dead?.id ?? "");
  await until("planned", () => clock.next() === 1_000);
  clock.advance(1_000);
  await until("dead again", () => webhooks.deadLetters()[0]?.attempts === 2);

  status = 200;
  await webhooks.replay(dead?.id ?? "");
  await until("delivered", () => webhooks.deadLetters().length + webhooks.waiting().length === 0);
  expect(receiver.received).toHaveLength(4);
  await expect(webhooks.replay(dead?.id ?? "")).rejects.toMatchObject({ code: "not_found" });
});

test("a target that hangs times out and keeps no other waiting", async () => {
  const hanging = await startReceiver(() => {});
  const receiver = await startReceiver();
  const { webhooks, clock } = await open([
    targetOf(hanging, { id: "hanging" }),
    targetOf(receiver, { id: "quick" }),
  ]);
  await Promise.all(Array.from({ length: 20 }, () => webhooks.enqueue(event)));
  await until("the quick one has all", () => receiver.received.length === 20);
  await until("the hanging one is busy", () => hanging.received.length === 4);
  clock.advance(10_000);
  await until("timed out", () => webhooks.waiting().some(({ attempts }) => attempts === 1));
  expect(webhooks.waiting().find(({ attempts }) => attempts === 1)?.lastError).toMatch(
    /within 10000 ms/,
  );
  clock.advance(60_000);
  await until("others have their turn", () => hanging.received.length > 4);
  const closed = webhooks.close();
  clock.advance(2_000);
  await closed;
});

test("closing ends what hangs, and counts it as no attempt", async () => {
  const hanging = await startReceiver(() => {});
  const file = join(temporaryFolder(), "webhooks.db");
  const { webhooks, clock } = await open([targetOf(hanging)], { file });
  await webhooks.enqueue(event);
  await until("it hangs", () => hanging.received.length === 1);
  const closed = webhooks.close();
  clock.advance(2_000);
  await closed;
  const { webhooks: next } = await open([], { file, clock });
  await until("it is given up as its target is gone", () => next.deadLetters().length === 1);
  expect(next.deadLetters()[0]?.attempts).toBe(1);
});

test("a target whose topics cannot be read keeps no other waiting", async () => {
  const receiver = await startReceiver();
  const { webhooks } = await open([
    targetOf(receiver, { id: "bad", topics: [] }),
    targetOf(receiver),
  ]);
  await webhooks.enqueue(event);
  await until("delivered", () => receiver.received.length === 1);
});

test("an answer without end costs a bounded part of it", async () => {
  const receiver = await startReceiver((response) => {
    response.writeHead(200);
    const write = () => {
      while (response.write("x".repeat(16_384)));
    };
    response.on("drain", write);
    write();
  });
  const { webhooks } = await open([targetOf(receiver)]);
  await webhooks.enqueue(event);
  await until("delivered", () => webhooks.waiting().length === 0);
  expect(webhooks.deadLetters()).toEqual([]);
});

test("a target that is gone from the configuration gets nothing any more", async () => {
  const receiver = await startReceiver((response) => void response.writeHead(500).end());
  const targets = [targetOf(receiver)];
  const { webhooks, clock } = await open(targets);
  await webhooks.enqueue(event);
  await until("planned", () => clock.next() === 1_000);
  targets.pop();
  clock.advance(1_000);
  await until("dead", () => webhooks.deadLetters().length === 1);
  expect(receiver.received).toHaveLength(1);
});

test("what is secret is put in at each attempt, and one that cannot be had now is tried again", async () => {
  const receiver = await startReceiver();
  let secret: string | undefined;
  const { webhooks, clock } = await open([targetOf(receiver)], {
    prepare: async (target) => {
      if (secret === undefined) throw new TrestleError("unavailable", "the keyring is locked");
      return { ...target, form: { kind: "generic", secret } };
    },
  });
  await webhooks.enqueue(event);
  await until("it failed", () => webhooks.waiting()[0]?.attempts === 1);
  expect(webhooks.waiting()[0]?.lastError).toBe("the keyring is locked");
  expect(webhooks.counts()).toEqual([{ target: "one", waiting: 1, dead: 0 }]);
  secret = "s3cret";
  await until("planned", () => clock.next() === 1_000);
  clock.advance(1_000);
  await until("delivered", () => receiver.received.length === 1);
  const { headers, body } = receiver.received[0] ?? { headers: {}, body: "" };
  verifyDelivery({ headers, body }, { secrets: ["s3cret"], now: clock.now() });
  await until("nothing waits", () => webhooks.counts().length === 0);
});
