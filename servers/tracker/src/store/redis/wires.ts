import { TrestleError } from "@trestle/protocol";
import { Cluster, Redis, type RedisOptions } from "ioredis";

/** Nobody waits longer for a Redis that is gone; ioredis itself would wait for more than a minute. */
const ANSWER_MS = 2_000;
const CONNECT_MS = 1_500;
/** A cluster may take this long to find another node for the keys of one that is gone, once it is noticed. */
const REFRESH_MS = 2_000;

/** Where commands go: to the one Redis, or to the node of a cluster that has the keys. */
export interface Wire {
  /** As it is told to people. */
  readonly where: string;
  /** Connected; rejects where it is not reached within 2 s. */
  node(): Promise<Redis>;
  /** Looks anew which node has the keys. */
  look(): Promise<void>;
  close(): void;
}

/** Connects with the first command, and again whenever it is needed. */
export function redisWire(url: string, db: number): Wire {
  const redis = new Redis(url, { ...settings, ...ofOne, db });
  redis.on("error", () => {}); // whoever asks is told
  countCloses(redis);
  return {
    where: `Redis at ${redis.options.host}:${redis.options.port}, database ${db},`,
    node: () => readied(redis),
    look: async () => {},
    close: () => redis.disconnect(),
  };
}

export interface ClusterAddress {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly username?: string;
  readonly password?: string;
  readonly isEncrypted: boolean;
}

/**
 * All keys of a store are on one node, for transactions; ioredis finds that node, and commands go to it straight:
 * were they sent on to another one in the middle of a transaction, nobody would watch its keys there.
 */
export function clusterWire(address: ClusterAddress, key: string): Wire {
  const { nodes, username, password, isEncrypted } = address;
  const cluster = new Cluster([...nodes], {
    lazyConnect: true,
    slotsRefreshTimeout: ANSWER_MS,
    slotsRefreshInterval: REFRESH_MS,
    clusterRetryStrategy: retryStrategy,
    redisOptions: {
      ...settings,
      ...(username && { username }),
      ...(password && { password }),
      ...(isEncrypted && { tls: {} }),
    },
  });
  cluster.on("error", () => {}); // whoever asks is told
  cluster.on("+node", (node: Redis) => {
    node.on("error", () => {});
    countCloses(node);
  });
  let slot: number | undefined;

  async function look(): Promise<void> {
    await new Promise<void>((resolve, reject) =>
      cluster.refreshSlotsCache((error) => (error ? reject(error) : resolve())),
    );
  }

  /** A node that knows the cluster counts for us. */
  async function slotOfKey(): Promise<number> {
    slot ??= Number(await cluster.call("CLUSTER", "KEYSLOT", key));
    return slot;
  }

  function owner(of: number): Redis | undefined {
    const [name] = cluster.slots[of] ?? [];
    return cluster
      .nodes("master")
      .find(({ options }) => `${options.host}:${options.port}` === name);
  }

  return {
    where: `Redis Cluster at ${nodes.map(({ host, port }) => `${host}:${port}`).join(", ")}`,
    async node() {
      if (cluster.status === "wait" || cluster.status === "end") {
        cluster.connect().catch(() => {}); // until it is ready, or the time is over
      }
      if (cluster.status !== "ready") await becomesReady(cluster);
      const of = await slotOfKey();
      if (owner(of) === undefined) await look();
      const found = owner(of);
      if (found === undefined) {
        throw new TrestleError("unavailable", "No node has the keys of the tracker at the moment");
      }
      return readied(found);
    },
    look,
    close: () => cluster.disconnect(),
  };
}

const retryStrategy = (attempt: number) => Math.min(100 * 2 ** attempt, 5_000);

const settings = {
  // A transaction sent again over another connection would no longer be watched.
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 1,
  connectTimeout: CONNECT_MS,
  commandTimeout: ANSWER_MS,
} satisfies RedisOptions;

const ofOne = {
  lazyConnect: true,
  enableOfflineQueue: false,
  retryStrategy,
} satisfies RedisOptions;

const closes = new WeakMap<Redis, number>();

function countCloses(redis: Redis): void {
  redis.on("close", () => closes.set(redis, closesOf(redis) + 1));
}

/** How often its connection was closed. */
export function closesOf(redis: Redis): number {
  return closes.get(redis) ?? 0;
}

async function readied(redis: Redis): Promise<Redis> {
  if (redis.status === "ready") return redis;
  if (redis.status === "wait" || redis.status === "end") await redis.connect();
  else await becomesReady(redis);
  return redis;
}

function becomesReady(redis: Pick<Redis, "once" | "off"> | Cluster): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(new Error("it is not reached")), ANSWER_MS);
    const ready = () => settle();
    function settle(error?: Error): void {
      clearTimeout(timer);
      redis.off("ready", ready);
      if (error) reject(error);
      else resolve();
    }
    redis.once("ready", ready);
  });
}
