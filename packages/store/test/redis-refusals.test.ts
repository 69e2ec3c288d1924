import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { silentLogger } from "@trestle/protocol";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createRedisBus, defineScript, openRedis, type RedisLink } from "../src/redis/index.ts";
import { manualClock } from "./_clock.ts";
import { sharedRedis } from "./_own-redis.ts";
import { until } from "./_processes.ts";

/** A way to Redis for a user with these rights. */
async function openAs(user: string, ...rights: string[]) {
  return openLike({ user, rights, prefix: user });
}

async function openLike(way: { user: string; rights: string[]; prefix: string; port?: number }) {
  const { user, rights, prefix, port } = way;
  const { url } = await sharedRedis();
  const admin = new Redis(url);
  await admin.call("ACL", "SETUSER", user, "reset", "on", ">secret", ...rights);
  const address = URL.parse(url.replace("//", `//${user}:secret@`)) as URL;
  if (port) address.port = String(port);
  const link = await openRedis({ url: address.href, prefix });
  onTestFinished(async () => {
    await link.close();
    admin.disconnect();
  });
  return { link, admin };
}

test("who may not hear a topic is told so, and hears the others", async () => {
  const { link } = await openAs("deaf", "+@all", "~*", "&*open*", "&*~*");
  const bus = createRedisBus({ redis: link });
  onTestFinished(() => bus.close());
  const heard: string[] = [];
  const remove = await bus.subscribe("open", { onMessage: (text) => heard.push(text) });
  await expect(bus.subscribe("secret", { onMessage: () => {} })).rejects.toThrow(/NOPERM/);
  bus.publish("open", "hello");
  await until("it is heard", () => heard.includes("hello"));
  remove();
});

test("a server that forgot our scripts is told them again", async () => {
  const { link, admin } = await openAs("scripts", "+@all", "~*", "&*");
  const script = defineScript("return ARGV[1]");
  expect(await link.run(script, [link.key("a", "b")], ["one"])).toBe("one");
  await admin.script("FLUSH");
  expect(await link.run(script, [link.key("a", "b")], ["two"])).toBe("two");
  const failing = defineScript("return redis.error_reply('NO not this')");
  // New to the server, and known to it.
  for (const _time of [1, 2]) await expect(link.run(failing, [])).rejects.toThrow("NO not this");
  expect(link.isUp(), "it has answered").toBe(true);
});

test("a Redis that may not write at the moment is as one that is gone, and found again", async () => {
  const { link, admin } = await openAs("replica", "+@all", "~*", "&*");
  const seen: boolean[] = [];
  link.onChange((isUp) => seen.push(isUp));
  await admin.call("REPLICAOF", "127.0.0.1", "1");
  onTestFinished(() => admin.call("REPLICAOF", "NO", "ONE").then(() => {}));
  const writing = link.command("SET", link.key("a", "b"), "1");
  await expect(writing).rejects.toMatchObject({ code: "unavailable", retryable: true });
  expect(seen[0]).toBe(false);
  await admin.call("REPLICAOF", "NO", "ONE");
  await until("it is back", () => link.isUp());
  expect(await link.command("SET", link.key("a", "b"), "2")).toBe("OK");
});

test("what fails in one listener is kept from the others", async () => {
  const { link, admin } = await openAs("listeners", "+@all", "~*", "&*");
  const seen: boolean[] = [];
  link.onChange(() => {
    throw new Error("broken");
  });
  link.onChange((isUp) => seen.push(isUp));
  await admin.client("KILL", "USER", "listeners");
  await until("it is back", () => seen.at(-1) === true && link.isUp());
  expect(await link.command("PING")).toBe("PONG");
});

test("a topic is heard until its last listener leaves, and nothing after the bus is closed", async () => {
  const { link } = await openAs("leaving", "+@all", "~*", "&*");
  const bus = createRedisBus({ redis: link });
  onTestFinished(() => bus.close());
  const heard: string[] = [];
  const listener = (name: string) => ({ onMessage: (text: string) => heard.push(name + text) });
  const leave = await bus.subscribe("t", listener("a"));
  const leaveLast = await bus.subscribe("t", listener("b"));
  leave();
  bus.publish("t", "1");
  await until("it is heard", () => heard.length > 0);
  leaveLast();
  const other = await bus.subscribe("u", listener("u"));
  bus.publish("t", "2");
  bus.publish("u", "3");
  await until("the other is heard", () => heard.includes("u3"));
  expect(heard).toEqual(["b1", "u3"]);
  other();
  await bus.close();
  bus.publish("u", "4");
  expect(heard).toHaveLength(2);
});

const all = ["+@all", "~*", "&*"];

/** A bus, what it hears of one topic, and the time it has. */
async function hearOver(redis: RedisLink, topic: string) {
  const clock = manualClock();
  const bus = createRedisBus({ redis, clock });
  onTestFinished(() => bus.close());
  const heard: string[] = [];
  let gaps = 0;
  await bus.subscribe(topic, { onMessage: (text) => heard.push(text), onGap: () => (gaps += 1) });
  return { bus, clock, heard, gaps: () => gaps };
}

test("what one cannot publish is a gap to the others: with its next message, or once Redis is back", async () => {
  const near = await openLike({ user: "near", rights: all, prefix: "gaps" });
  const { heard, gaps } = await hearOver(near.link, "t");
  const { link, admin } = await openLike({ user: "far", rights: all, prefix: "gaps" });
  const lost: string[] = [];
  const log = { ...silentLogger, debug: (message: string) => void lost.push(message) };
  const far = createRedisBus({ redis: link, log });
  onTestFinished(() => far.close());
  far.publish("t", "1");
  await until("it is heard", () => heard.length === 1);
  const before = gaps();
  const loseOne = async () => {
    await admin.call("ACL", "SETUSER", "far", "-spublish");
    const count = lost.length;
    far.publish("t", "lost");
    await until("it is lost", () => lost.length > count);
    await admin.call("ACL", "SETUSER", "far", "+spublish");
  };
  await loseOne();
  far.publish("t", "2");
  await until("the next is heard", () => heard.length === 2);
  expect(gaps()).toBe(before + 1);
  await loseOne();
  await admin.client("KILL", "USER", "far");
  await until("the second gap is told", () => gaps() === before + 2);
  expect(heard).toEqual(["1", "2"]);
});

test("a message that was lost on the way is a gap, by the number of the next", async () => {
  const { link, admin } = await openAs("beats", ...all);
  const { gaps } = await hearOver(link, "t");
  const before = gaps();
  // What the bus says to itself, as if it had missed some of it.
  const [channel] = (await admin.call("PUBSUB", "SHARDCHANNELS", "beats:*~*")) as string[];
  await admin.call("SPUBLISH", channel ?? "", "100");
  await until("the gap is told", () => gaps() > before);
});

test("a connection on which nothing comes any more is replaced, and that is a gap", async () => {
  const { url } = await sharedRedis();
  const taken: { readonly client: Socket; readonly host: Socket }[] = [];
  const between = createServer((client) => {
    const host = connect(Number(URL.parse(url)?.port), "127.0.0.1");
    for (const socket of [client, host]) socket.on("error", () => {});
    client.pipe(host).pipe(client);
    taken.push({ client, host });
  }).listen(0, "127.0.0.1");
  await once(between, "listening");
  onTestFinished(() => void between.close());
  const { port } = between.address() as AddressInfo;
  const { link } = await openLike({ user: "silent", rights: all, prefix: "silent", port });
  const { bus, clock, heard, gaps } = await hearOver(link, "t");
  const [, hearing] = taken;
  hearing?.host.unpipe(hearing.client).resume();
  bus.publish("t", "lost");
  const before = gaps();
  await until("the gap is told", () => {
    clock.advance(1_000);
    return gaps() > before;
  });
  bus.publish("t", "now");
  await until("it hears again", () => heard.includes("now"));
  expect(heard).toEqual(["now"]);
  expect(taken).toHaveLength(3);
});

test("a bus for which Redis has no connection left hears as soon as there is one", async () => {
  const { link, admin } = await openAs("crowded", ...all);
  await admin.config("SET", "maxclients", "1"); // those that it has stay
  onTestFinished(() => admin.config("SET", "maxclients", "1000").then(() => {}));
  const { bus, clock, heard, gaps } = await hearOver(link, "t");
  bus.publish("t", "lost");
  expect(gaps()).toBe(0);
  await admin.config("SET", "maxclients", "1000");
  await until("the gap is told", () => {
    clock.advance(1_000);
    return gaps() > 0;
  });
  bus.publish("t", "now");
  await until("it hears", () => heard.includes("now"));
  expect(heard).toEqual(["now"]);
});

test("who begins to listen on a bus that is closed hears nothing, and keeps no connection", async () => {
  const { link, admin } = await openAs("closed", ...all);
  const bus = createRedisBus({ redis: link });
  await bus.close();
  await bus.subscribe("t", { onMessage: () => {} });
  const clients = String(await admin.client("LIST")).split("\n");
  expect(clients.filter((one) => one.includes("user=closed"))).toHaveLength(1);
});
