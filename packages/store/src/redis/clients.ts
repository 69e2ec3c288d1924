import type { Cluster, Redis } from "ioredis";
import type { RedisAddress } from "./address.ts";

/** A connection to one Redis, or those to the nodes of a cluster. */
export type RedisClient = Redis | Cluster;

/** With what waits for its connection, two seconds at the longest. */
const ANSWER_MS = 1_000;
const CONNECT_MS = 1_500;
const SLOWEST_RETRY_MS = 1_000;
const TLS_OPTIONS = {};

/** A client that refuses at once what it cannot send, gives an answer up after a second and never gives itself up. */
export async function createRedisClient(address: RedisAddress): Promise<RedisClient> {
  // Loaded by who has configured it, and by nobody else.
  const { Cluster, Redis } = await import("ioredis");
  if (address.kind === "one") {
    return new Redis(address.url, { ...settings, retryStrategy: delay, lazyConnect: true });
  }
  const { nodes, username, password, isEncrypted } = address;
  return new Cluster([...nodes], {
    lazyConnect: true,
    enableOfflineQueue: false,
    shardedSubscribers: true,
    slotsRefreshTimeout: CONNECT_MS,
    slotsRefreshInterval: 5_000,
    clusterRetryStrategy: delay,
    redisOptions: {
      ...settings,
      ...(username && { username }),
      ...(password && { password }),
      ...(isEncrypted && { tls: TLS_OPTIONS }),
    },
  });
}

const settings = {
  commandTimeout: ANSWER_MS,
  connectTimeout: CONNECT_MS,
  enableOfflineQueue: false,
  // Who asked has been told that there was no answer: nothing is sent behind their back.
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
};

function delay(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 8), SLOWEST_RETRY_MS);
}
