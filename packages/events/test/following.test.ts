import { join } from "node:path";
import { temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { createHub, openWebhooks, type WebhookTarget } from "../src/index.ts";
import { type Receiver, startReceiver } from "./_receiver.ts";

/** Webhooks take what a hub publishes, each event once, and leave what nobody wants. */

function targetOf(receiver: Receiver, topics = ["*"]): WebhookTarget {
  return { id: "one", topics, url: receiver.url, form: { kind: "generic" } };
}

async function open(targets: () => readonly WebhookTarget[], file = queueFile()) {
  const webhooks = await openWebhooks({ file, targets, allowHosts: ["127.0.0.1"] });
  onTestFinished(() => webhooks.close());
  return webhooks;
}

const queueFile = (): string => join(temporaryFolder(), "webhooks.db");
const payloadsAt = ({ received }: Receiver) =>
  received.map(({ body }) => JSON.parse(body).payload.n);

test("webhooks follow a hub from where they stopped", async () => {
  const receiver = await startReceiver();
  const hub = createHub();
  const file = queueFile();
  const onlyA = [targetOf(receiver, ["a"])];
  const webhooks = await open(() => onlyA, file);
  const stop = webhooks.follow(hub);
  hub.publish("a", { n: 1 });
  hub.publish("b", { n: 2 });
  await until("delivered", () => receiver.received.length === 1);
  await stop();
  await webhooks.close();
  hub.publish("a", { n: 3 });
  const all = [targetOf(receiver)];
  const next = await open(() => all, file);
  next.follow(hub);
  await until("delivered", () => receiver.received.length === 2);
  expect(payloadsAt(receiver)).toEqual([1, 3]);
});

test("whoever follows a hub stores all that was published before it stops", async () => {
  const receiver = await startReceiver();
  const hub = createHub();
  const file = queueFile();
  const targets = [targetOf(receiver)];
  const webhooks = await open(() => targets, file);
  const stop = webhooks.follow(hub);
  for (let n = 0; n < 50; n += 1) hub.publish("a", { n });
  await stop();
  hub.publish("a", { n: 50 });
  await webhooks.close();
  const next = await open(() => targets, file);
  await until("delivered", () => next.waiting().length === 0);
  const expected = Array.from({ length: 50 }, (_, n) => n);
  expect(new Set(payloadsAt(receiver))).toEqual(new Set(expected));
});

test("a hub that forgets is followed from a number of its own", async () => {
  const receiver = await startReceiver();
  const hub = createHub();
  const targets = [targetOf(receiver)];
  const webhooks = await open(() => targets);
  hub.publish("a", { n: 1 });
  webhooks.follow(hub, hub.lastSeq());
  hub.publish("a", { n: 2 });
  await until("delivered", () => receiver.received.length === 1);
  expect(payloadsAt(receiver)).toEqual([2]);
});

test("only topics that a target wants are watched, as the targets are now", async () => {
  const receiver = await startReceiver();
  const hub = createHub();
  let targets = [targetOf(receiver, ["a.*"])];
  const webhooks = await open(() => targets);
  webhooks.follow(hub);
  const watched = () => ["a.b", "b.b"].filter((topic) => hub.isWatched(topic));
  expect([watched(), hub.isWatched()]).toEqual([["a.b"], true]);
  targets = [targetOf(receiver, ["b.*"])];
  expect(watched()).toEqual(["b.b"]);
  hub.publish("a.b", { n: 1 });
  hub.publish("b.b", { n: 2 });
  await until("delivered", () => receiver.received.length === 1);
  expect(payloadsAt(receiver)).toEqual([2]);
});
