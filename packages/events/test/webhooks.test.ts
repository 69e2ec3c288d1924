import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { systemClock, TrestleError } from "@trestle/protocol";
import { manualClock, seededRandom, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type HubEvent,
  openWebhooks,
  verifyDelivery,
  type WebhookForm,
  type WebhooksOptions,
  type WebhookTarget,
} from "../src/index.ts";
import { type Received, type Receiver, startReceiver } from "./_receiver.ts";

const event: HubEvent = {
  seq: 7,
  time: 1_767_225_600_000,
  topic: "call.failed",
  payload: { n: 1 },
};

function targetOf(receiver: Receiver, changes: Partial<WebhookTarget> = {}): WebhookTarget {
  return { id: "one", topics: ["*"], url: receiver.url, form: { kind: "generic" }, ...changes };
}

async function open(targets: readonly WebhookTarget[], changes: Partial<WebhooksOptions> = {}) {
  const clock = manualClock();
  const webhooks = await openWebhooks({
    file: join(temporaryFolder(), "webhooks.db"),
    targets: () => targets,
    allowHosts: ["127.0.0.1"],
    clock,
    random: () => 1,
    ...changes,
  });
  onTestFinished(() => webhooks.close());
  return { webhooks, clock };
}

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

describe("the form of", () => {
  const payload = { text: "<!channel> & ```@everyone```", list: "x".repeat(5_000) };

  async function bodyOf(form: WebhookForm) {
    const receiver = await startReceiver();
    const { webhooks } = await open([targetOf(receiver, { form })]);
    await webhooks.enqueue({ ...event, payload });
    await until("delivered", () => receiver.received.length === 1);
    const { headers, body } = receiver.received[0] as Received;
    return { headers, body: JSON.parse(body) };
  }

  test("Slack mentions nobody", async () => {
    const { body } = await bodyOf({ kind: "slack" });
    expect(Object.keys(body)).toEqual(["text"]);
    expect(body.text).toMatch(/^\*call\.failed\*\n```/);
    expect(body.text).not.toMatch(/<!/);
    expect(body.text.length).toBeLessThan(3_100);
  });

  test("Discord mentions nobody and keeps within 2,000 characters", async () => {
    const { body } = await bodyOf({ kind: "discord" });
    expect(body.allowed_mentions).toEqual({ parse: [] });
    expect(body.content.length).toBeLessThanOrEqual(2_000);
    expect(body.content.match(/```/g)).toHaveLength(2);
  });

  test("GitHub dispatches an event to the repository", async () => {
    const { headers, body } = await bodyOf({ kind: "github", token: "t0ken" });
    expect(headers).toMatchObject({
      authorization: "Bearer t0ken",
      accept: "application/vnd.github+json",
    });
    expect(body).toEqual({
      event_type: "call.failed",
      client_payload: { event: { ...event, payload } },
    });
  });

  test("Datadog is an event with a title, a text and tags", async () => {
    const { headers, body } = await bodyOf({ kind: "datadog", apiKey: "k3y", tags: ["env:test"] });
    expect(headers["dd-api-key"]).toBe("k3y");
    expect(body).toMatchObject({
      title: "call.failed",
      date_happened: event.time / 1_000,
      tags: ["topic:call.failed", "env:test"],
    });
    expect(body.text.length).toBeLessThanOrEqual(4_000);
  });
});

test("a killed sender loses nothing that it stored", async () => {
  const random = seededRandom();
  const receiver = await startReceiver();
  const file = join(temporaryFolder(), "webhooks.db");
  let stored = 0;
  for (let round = random.rounds(3); round > 0; round -= 1) {
    stored = await enqueueUntilKilled([file, receiver.url, String(stored)], 5 + random.below(100));
  }
  const { webhooks } = await open([targetOf(receiver)], { file, clock: systemClock });
  await until("all are delivered", () => webhooks.waiting().length === 0);
  const numbers = new Set(receiver.received.map(({ body }) => JSON.parse(body).payload.n));
  for (let n = 0; n < stored; n += 1) expect(numbers.has(n), `number ${n}`).toBe(true);
  expect(webhooks.deadLetters()).toEqual([]);
});

/** Returns the first number that was not told to be stored. */
async function enqueueUntilKilled(args: readonly string[], count: number): Promise<number> {
  const script = new URL("./_deliverer.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--no-warnings", script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk;
    if (text.split("\n").length > count) child.kill("SIGKILL");
  });
  await once(child, "close");
  return Math.max(...text.split("\n").slice(0, -1).map(Number)) + 1;
}
