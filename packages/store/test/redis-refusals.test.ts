import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createRedisBus, defineScript, openRedis } from "../src/redis/index.ts";
import { sharedRedis } from "./_own-redis.ts";
import { until } from "./_processes.ts";

/** A way to Redis for a user with these rights. */
async function openAs(user: string, ...rights: string[]) {
  const { url } = await sharedRedis();
  const admin = new Redis(url);
  await admin.call("ACL", "SETUSER", user, "reset", "on", ">secret", ...rights);
  const link = await openRedis({ url: url.replace("//", `//${user}:secret@`), prefix: user });
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
