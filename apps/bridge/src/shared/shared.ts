import type { CacheStore, LimitStore } from "@trestle/policy";
import type { Clock, Logger } from "@trestle/protocol";
import type { Bus, Locks } from "@trestle/store";
import type { RedisLink } from "@trestle/store/redis";
import type { SessionSiblings } from "@trestle-mcp/server-kit/serving";
import type { Config } from "../config/load.ts";
import type { Peers } from "./peers.ts";
import type { Replicas } from "./replicas.ts";

/** What this bridge has in common with others on the same Redis. */
export interface Shared {
  /** Of this process: another one after every start. */
  readonly replica: string;
  readonly redis: RedisLink;
  readonly bus: Bus;
  readonly locks: Locks;
  readonly replicas: Replicas;
  /** Asks other replicas something. */
  readonly peers: Peers;
  readonly limits: LimitStore;
  readonly siblings: SessionSiblings;
  readonly cacheOf: (maxBytes: number) => CacheStore;
  close(): Promise<void>;
}

export interface SharedParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly newId: () => string;
}

/** Nothing where the configuration names no Redis; then nothing of it is loaded either. */
export async function openShared(config: Config, parts: SharedParts): Promise<Shared | undefined> {
  const { redis: url, prefix } = config.store;
  if (url === undefined) return undefined;
  const { openRedisShared } = await import("./redis-shared.ts");
  return openRedisShared({ url, prefix, ...parts });
}
