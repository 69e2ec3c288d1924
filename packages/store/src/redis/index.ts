export { defineScript, openRedis, type RedisLink, type RedisOptions } from "./link.ts";
export { createRedisBus, type RedisBusOptions } from "./redis-bus.ts";
export { createRedisLocks, type RedisLocksOptions } from "./redis-locks.ts";
