import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { effectsIn, type FaultyHttp, startFaultyHttp } from "@trestle/testkit";
import { expect, onTestFinished, test } from "vitest";
import { startCore } from "./_core.ts";
import { createPlace } from "./_place.ts";
import { kill } from "./_processes.ts";

/** A bridge in this process before one server at two addresses, each a process of its own. */
async function startReplicas() {
  const { root } = createPlace();
  const start = async (name: string): Promise<FaultyHttp> => {
    const started = await startFaultyHttp({ root, name });
    onTestFinished(() => kill(started.child.pid as number));
    return started;
  };
  const [first, second] = await Promise.all([start("first"), start("second")]);
  const policy = { retry: { retries: 2, baseMs: 10 }, timeout: { attemptMs: 1_000 } };
  const { call, bridge } = await startCore({
    mcpServers: { both: { url: first.url, replicas: [second.url], policy } },
  });
  const ask = async (tool: string, key: string, faults: string[] = []) =>
    (await call(`both__${tool}`, { key, faults })).structuredContent as { server: string };
  const end = async ({ child }: FaultyHttp) => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    kill(child.pid as number);
    await ended;
  };
  return { root, first, second, ask, end, bridge };
}

test("when one address of a server is dead, reads and writes go on at the next, and back again", async () => {
  const { root, first, second, ask, end, bridge } = await startReplicas();
  expect(await ask("read", "a")).toMatchObject({ server: "first" });
  await end(first);
  expect(await ask("write", "b"), "it never left").toMatchObject({ server: "second" });
  expect(await ask("read", "c")).toMatchObject({ server: "second" });
  expect(bridge.core.catalog.tool("both__read")).toBeDefined();
  const back = await startFaultyHttp({ root, name: "first" }, Number(new URL(first.url).port));
  onTestFinished(() => kill(back.child.pid as number));
  expect(await ask("read", "d"), "whoever answers is asked").toMatchObject({ server: "second" });
  await end(second);
  expect(await ask("read", "e")).toMatchObject({ server: "first" });
});

test("what may have been done at one address is not done at the next; a read is asked again there", async () => {
  const { root, ask } = await startReplicas();
  await expect(ask("write", "once", ["die_after"])).rejects.toMatchObject({
    code: "outcome_unknown",
  });
  expect([...effectsIn(root, "first"), ...effectsIn(root, "second")]).toEqual(["once"]);
  expect(await ask("read", "next")).toMatchObject({ server: "second" });
});

test("an address that stays silent loses its turn", async () => {
  const { first, ask } = await startReplicas();
  expect(await ask("read", "a")).toMatchObject({ server: "first" });
  first.child.kill("SIGSTOP");
  expect(await ask("read", "b")).toMatchObject({ server: "second" });
  expect(await ask("write", "c")).toMatchObject({ server: "second" });
});

test("an address that swallows everything delays nobody for long, and takes no tools away", async () => {
  const swallowing = createServer((socket) => void socket.on("error", () => {}).resume());
  swallowing.listen(0, "127.0.0.1");
  await once(swallowing, "listening");
  onTestFinished(() => void swallowing.close());
  const { port } = swallowing.address() as AddressInfo;
  const place = createPlace();
  const good = await startFaultyHttp({ root: place.root, name: "good" });
  onTestFinished(() => kill(good.child.pid as number));
  const both = { url: `http://127.0.0.1:${port}/mcp`, replicas: [good.url] };
  const { call } = await startCore({ mcpServers: { both } }, place);
  const answer = await call("both__read", { key: "a" });
  expect(answer.structuredContent).toMatchObject({ server: "good" });
});
