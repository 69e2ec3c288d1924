import type { Clock } from "@trestle/protocol";
import type { RedisLink } from "@trestle/store/redis";
import type { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { LimitRule, LimitState, LimitStore } from "../limit.ts";
import { createLimitInsurance, type LimitInsurance } from "./limit-insurance.ts";

export interface RedisLimitsParts {
  readonly redis: RedisLink;
  readonly clock: Clock;
  /** How many processes count at the same Redis, as far as is known. */
  readonly replicas: () => number;
}

/**
 * A call counts only where there is room for it, and what was let through while Redis was gone is counted first:
 * ARGV holds that number plus one, seconds that are left aside, the limit, and the window in seconds.
 */
const COUNT = `
local limit, window = tonumber(ARGV[3]), math.max(1, math.floor(tonumber(ARGV[4]) * 1000 + 0.5))
local left = redis.call('PTTL', KEYS[1])
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if left <= 0 then used, left = 0, window end
local counted = math.max(used, math.min(limit, used + tonumber(ARGV[1]) - 1))
local told = limit + 1
if counted < limit then
  counted = counted + 1
  told = counted
end
redis.call('SET', KEYS[1], counted, 'PX', left)
return {told, left}`;

/** Rules come from a configuration: there are few. */
const MOST_RULES = 1_000;

/**
 * Counts calls for all processes at one Redis, in one step each. While it is gone each counts its own part of
 * what is left, in memory.
 */
export async function createRedisLimits(parts: RedisLimitsParts): Promise<LimitStore> {
  const { redis, clock, replicas } = parts;
  const { RateLimiterRedis } = await import("rate-limiter-flexible");
  const limiters = new Map<string, RateLimiterRedis>();
  const insurance = createLimitInsurance(clock, replicas);

  function limiterOf({ calls, windowMs }: LimitRule): RateLimiterRedis {
    const name = `${calls}/${windowMs}`;
    const known = limiters.get(name);
    if (known !== undefined) return known;
    if (limiters.size >= MOST_RULES) limiters.clear();
    const made = new RateLimiterRedis({
      storeClient: redis.client,
      keyPrefix: "",
      points: calls,
      duration: windowMs / 1000,
      customIncrTtlLuaScript: COUNT,
    });
    limiters.set(name, made);
    return made;
  }

  return {
    async take(key, rule) {
      if (!redis.isUp()) return insurance.take(key, rule);
      const owed = insurance.owed(key);
      try {
        const counted = { key: redis.key("limit", key), owed, rule };
        const state = await redis.bound(() => count(limiterOf(rule), counted));
        return settle(insurance, {
          key,
          owed,
          state: { ...state, reset: clock.now() + state.left },
        });
      } catch {
        return insurance.take(key, rule);
      }
    },
  };
}

interface Counted extends Omit<LimitState, "reset"> {
  readonly left: number;
}

async function count(
  limiter: RateLimiterRedis,
  { key, owed, rule }: { readonly key: string; readonly owed: number; readonly rule: LimitRule },
): Promise<Counted> {
  // The library takes whole seconds only; the script takes the window itself.
  const customDuration = Math.max(1, Math.ceil(rule.windowMs / 1000));
  try {
    const { remainingPoints, msBeforeNext } = await limiter.consume(key, 1 + owed, {
      customDuration,
    });
    return { allowed: true, limit: rule.calls, remaining: remainingPoints, left: msBeforeNext };
  } catch (refusal) {
    if (refusal instanceof Error) throw refusal;
    const { msBeforeNext } = refusal as RateLimiterRes;
    return { allowed: false, limit: rule.calls, remaining: 0, left: msBeforeNext };
  }
}

function settle(
  insurance: LimitInsurance,
  {
    key,
    owed,
    state: { allowed, limit, remaining, reset },
  }: { readonly key: string; readonly owed: number; readonly state: LimitState },
): LimitState {
  insurance.learn(key, { owed, remaining, reset });
  return { allowed, limit, remaining, reset };
}
