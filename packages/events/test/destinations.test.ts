import { join } from "node:path";
import { temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { openWebhooks, type Resolve, type WebhooksOptions } from "../src/index.ts";
import { type Receiver, startReceiver } from "./_receiver.ts";

const event = { seq: 1, time: 0, topic: "a", payload: {} };

/** Sends one event to the URL; returns the reason for which it was given up, if it was. */
async function deliver(
  url: string,
  changes: Partial<WebhooksOptions> = {},
): Promise<string | undefined> {
  const webhooks = await openWebhooks({
    file: join(temporaryFolder(), "webhooks.db"),
    targets: () => [{ id: "one", topics: ["*"], url, form: { kind: "generic" } }],
    maxAttempts: 1,
    ...changes,
  });
  onTestFinished(() => webhooks.close());
  await webhooks.enqueue(event);
  await until("an outcome", () => webhooks.waiting().length === 0);
  return webhooks.deadLetters()[0]?.lastError;
}

const port = ({ host }: Receiver) => host.split(":")[1];

test("nothing is sent to this machine unless it is allowed", async () => {
  const receiver = await startReceiver();
  const host = `2130706433:${port(receiver)}`; // 127.0.0.1
  expect(await deliver(`https://${host}/`)).toMatch(/not on the public internet/);
  expect(await deliver(`http://${host}/`)).toMatch(/go over https/);
  expect(receiver.received).toEqual([]);
});

test("the connection goes to the address that was checked, and the name is not asked again", async () => {
  const receiver = await startReceiver();
  let asked = 0;
  const resolve: Resolve = async () => {
    asked += 1;
    return [{ address: "127.0.0.1", family: 4 }];
  };
  const url = `http://hook.example:${port(receiver)}/path?query=1`;
  expect(await deliver(url, { resolve, allowHosts: ["hook.example"] })).toBeUndefined();
  expect(asked).toBe(1);
  expect(receiver.received).toMatchObject([
    { path: "/path?query=1", headers: { host: `hook.example:${port(receiver)}` } },
  ]);
});

test("an allowed host is allowed with its port only, where it names one", async () => {
  const receiver = await startReceiver();
  expect(await deliver(receiver.url, { allowHosts: ["127.0.0.1:1"] })).toMatch(/go over https/);
  expect(await deliver(receiver.url, { allowHosts: [receiver.host] })).toBeUndefined();
  expect(receiver.received).toHaveLength(1);
});

test("a redirect is not followed", async () => {
  const inner = await startReceiver();
  const outer = await startReceiver((response) => {
    response.writeHead(307, { location: inner.url }).end();
  });
  expect(await deliver(outer.url, { allowHosts: [outer.host] })).toMatch(
    /redirects are not followed/,
  );
  expect(inner.received).toEqual([]);
});
