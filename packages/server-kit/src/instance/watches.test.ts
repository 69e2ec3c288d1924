import { expect, test } from "vitest";
import { defineResource } from "../define/resource.ts";
import { defineServer } from "../define/server.ts";
import { createTestHost, requestContext } from "./_test-host.ts";

test("a resource is watched from the first who subscribes to the last who leaves", async () => {
  const { instance, events, log } = serve();
  const ask = (method: string, uri = "demo://a") =>
    instance.request(method, { uri }, requestContext());
  await ask("resources/subscribe");
  await ask("resources/subscribe");
  await ask("resources/subscribe", "demo://b");
  expect(log).toEqual(["start a", "start b"]);
  expect(events).toEqual(["demo://a", "demo://b"]);
  await ask("resources/unsubscribe");
  expect(log).toHaveLength(2);
  await ask("resources/unsubscribe");
  await ask("resources/unsubscribe");
  expect(log).toEqual(["start a", "start b", "stop a"]);
  await ask("resources/subscribe");
  await instance.close();
  expect(log).toEqual(["start a", "start b", "stop a", "start a", "stop b", "stop a"]);
});

test("a watch that can not start is told, and tried again by the next", async () => {
  const { instance, log } = serve();
  const ask = () =>
    instance.request("resources/subscribe", { uri: "demo://broken" }, requestContext());
  await expect(ask()).rejects.toMatchObject({ code: expect.any(Number) });
  await expect(ask()).rejects.toMatchObject({ code: expect.any(Number) });
  expect(log).toEqual(["start broken", "start broken"]);
  await instance.close();
});

test("what nobody watches is subscribed to all the same, and what is not there is not", async () => {
  const { instance } = serve();
  const ask = (uri: string) => instance.request("resources/subscribe", { uri }, requestContext());
  expect(await ask("plain://x")).toEqual({});
  await expect(ask("other://x")).rejects.toMatchObject({ code: -32602 });
  await instance.close();
});

function serve() {
  const log: string[] = [];
  const events: string[] = [];
  const watched = defineResource({
    name: "watched",
    uriTemplate: "demo://{name}",
    read: () => [],
    watch({ uri, variables: { name } }, context) {
      log.push(`start ${name}`);
      if (name === "broken") throw new Error("no");
      context.resourceUpdated(uri);
      return () => log.push(`stop ${name}`);
    },
  });
  const plain = defineResource({ name: "plain", uri: "plain://x", read: () => [] });
  const server = defineServer({
    name: "s",
    title: "S",
    version: "1.0.0",
    description: "d",
    resources: [watched, plain],
  });
  const instance = server.mount(createTestHost(), {});
  instance.subscribe((event) => {
    if (event.kind === "resourceUpdated") events.push(event.uri);
  });
  return { instance, events, log };
}
