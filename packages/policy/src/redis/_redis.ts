import { openRedis, type RedisLink } from "@trestle/store/redis";
import { type OwnRedis, startOwnRedis } from "@trestle/testkit/own-redis";
import { afterEveryFile } from "@trestle/testkit/run";
import { onTestFinished } from "vitest";

let shared: Promise<OwnRedis> | undefined;
let opened = 0;

afterEveryFile(async () => {
  await (await shared)?.end();
  shared = undefined;
});

/** A way to a Redis with nothing in it yet: to the one of this file where none is named. */
export async function openEmptyRedis(server?: OwnRedis): Promise<RedisLink> {
  shared ??= server ? undefined : startOwnRedis();
  const { url } = server ?? (await shared) ?? {};
  opened += 1;
  return openSame({ url: url ?? "", prefix: `test${opened}` });
}

export async function openSame(options: { url: string; prefix: string }): Promise<RedisLink> {
  const link = await openRedis(options);
  onTestFinished(() => link.close());
  return link;
}

export async function startRedisOfTest(): Promise<OwnRedis> {
  const server = await startOwnRedis();
  onTestFinished(() => server.end());
  return server;
}

async function allKeys({ client }: RedisLink): Promise<string[]> {
  const nodes = "nodes" in client ? client.nodes("master") : [client];
  return (await Promise.all(nodes.map((node) => node.keys("*")))).flat();
}

/** Lets time pass in Redis: what has an end has it so much earlier. */
export async function passInRedis(link: RedisLink, ms: number): Promise<void> {
  for (const key of await allKeys(link)) {
    const left = await link.command<number>("PTTL", key);
    if (left > 0) await link.command("PEXPIRE", key, left - Math.round(ms));
  }
}
