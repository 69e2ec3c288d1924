export { createRedisCache, type RedisCacheParts } from "./cache-redis.ts";
export { createRedisLimits, type RedisLimitsParts } from "./limit-redis.ts";
