import { Redis } from "ioredis";
import type { TargetOf } from "../config.ts";
import { degraded, down, type Finding, type ProbeContext, up } from "./probe.ts";

const FACTS = [
  "redis_version",
  "role",
  "used_memory",
  "connected_clients",
  "master_link_status",
  "loading",
];

export async function probeRedis(
  { url }: TargetOf<"redis">,
  { signal, timeoutMs }: ProbeContext,
): Promise<Finding> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: () => null,
  });
  // The reason why it cannot connect is told here; connect() says only that it is closed.
  let reason: Error | undefined;
  redis.on("error", (error: Error) => {
    reason = error;
  });
  const stop = () => redis.disconnect();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await redis.connect();
    await redis.ping();
    return judge(factsIn(await redis.info()));
  } catch (error) {
    throw reason ?? error;
  } finally {
    signal.removeEventListener("abort", stop);
    redis.disconnect();
  }
}

function factsIn(info: string): Record<string, string> {
  const pairs = info.split("\r\n").map((line) => line.split(":", 2) as [string, string]);
  return Object.fromEntries(pairs.filter(([name]) => FACTS.includes(name)));
}

function judge(facts: Record<string, string>): Finding {
  if (facts.loading === "1") return down("It still loads its data.");
  if (facts.master_link_status === "down") return degraded("It has lost its master.", facts);
  return up(`It answers as ${facts.role}.`, facts);
}
