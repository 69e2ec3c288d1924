export { createRedisLimits, type RedisLimitsParts } from "./limit-redis.ts";
