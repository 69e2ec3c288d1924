import { createRedisCache, createRedisLimits } from "@trestle/policy/redis";
import { createRedisBus, createRedisLocks, openRedis } from "@trestle/store/redis";
import { createPeers } from "./peers.ts";
import { createReplicas } from "./replicas.ts";
import type { Shared, SharedParts } from "./shared.ts";
import { createSiblings } from "./siblings.ts";

export interface RedisSharedParts extends SharedParts {
  readonly url: string;
  readonly prefix: string;
}

/** Where Redis is not reached within two seconds, the bridge starts without it and finds it later. */
export async function openRedisShared(parts: RedisSharedParts): Promise<Shared> {
  const { url, prefix, clock, log, newId } = parts;
  const redis = await openRedis({ url, prefix, clock, log });
  const replica = newId();
  const bus = createRedisBus({ redis, clock, log });
  const replicas = createReplicas({ redis, replica, clock });
  await replicas.beat();
  const peers = await createPeers({ bus, replica, replicas, clock, log, newId });
  return {
    ...{ replica, redis, bus, replicas, peers },
    locks: createRedisLocks({ redis, clock }),
    limits: await createRedisLimits({ redis, clock, replicas: replicas.count }),
    siblings: createSiblings({ redis, bus, replica }, parts),
    cacheOf: (maxBytes) => createRedisCache({ redis, clock, maxBytes, log }),
    async close() {
      peers.close();
      await replicas.close();
      await bus.close();
      await redis.close();
    },
  };
}
