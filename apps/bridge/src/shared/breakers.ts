import type { Breaker, BreakerView } from "@trestle/policy";
import { type Clock, isJsonObject, type Logger, messageOf } from "@trestle/protocol";
import type { Bus } from "@trestle/store";
import type { RedisLink } from "@trestle/store/redis";

/** Tells other bridges which tools fail, and learns it from them. */
export interface SharedBreakers {
  /** From now on this one learns what others tell, and have told. */
  follow(breaker: Pick<Breaker, "learn">): void;
  tell(change: BreakerView): void;
  close(): void;
}

export interface SharedBreakersParts {
  readonly redis: RedisLink;
  readonly bus: Bus;
  readonly replica: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const TOPIC = "breakers";

interface Told {
  readonly from: string;
  readonly server: string;
  readonly tool: string;
  readonly state: BreakerView["state"];
  /** Not an instant: clocks of machines differ. */
  readonly leftMs: number;
}

/** What opens at one bridge opens at all; those that start later find it in Redis. */
export function createSharedBreakers(parts: SharedBreakersParts): SharedBreakers {
  const { redis, bus, replica, clock, log } = parts;
  const open = redis.key("breakers", "open");
  let breaker: Pick<Breaker, "learn"> | undefined;
  let unsubscribe = (): void => {};

  function learn(text: string): void {
    const told = readTold(text);
    if (told === undefined || told.from === replica) return;
    const { server, tool, state, leftMs } = told;
    breaker?.learn({ server, tool, state, until: clock.now() + leftMs });
  }

  async function learnAll(): Promise<void> {
    if (!redis.isUp()) return;
    try {
      const all = await redis.command<string[]>("HVALS", open);
      for (const text of all) learn(withLeft(text, clock.now()));
    } catch (error) {
      log.debug("What other bridges know of failures was not read", { reason: messageOf(error) });
    }
  }

  function keep({ server, tool, state }: BreakerView, text: string): void {
    const field = `${server} ${tool}`;
    const kept =
      state === "closed"
        ? redis.command("HDEL", open, field)
        : redis
            .command("HSET", open, field, text)
            .then(() => redis.command("PEXPIRE", open, 86_400_000));
    kept.catch(() => {}); // those that hear of it need it not
  }

  async function listen(): Promise<void> {
    unsubscribe = await bus.subscribe(TOPIC, { onMessage: learn, onGap: () => void learnAll() });
    await learnAll();
  }

  return {
    follow(own) {
      breaker = own;
      listen().catch((error: unknown) => {
        log.warn("Other bridges are not heard on failures", { reason: messageOf(error) });
      });
    },
    tell(change) {
      const { server, tool, state, until } = change;
      const leftMs = until === undefined ? 0 : Math.max(0, until - clock.now());
      const text = JSON.stringify({ from: replica, server, tool, state, leftMs, at: clock.now() });
      bus.publish(TOPIC, text);
      keep(change, text);
    },
    close: () => unsubscribe(),
  };
}

/** What was written a while ago has so much less time left. */
function withLeft(text: string, now: number): string {
  const told: unknown = JSON.parse(text);
  if (!isJsonObject(told)) return text;
  const leftMs = Math.max(0, Number(told.leftMs) - Math.max(0, now - Number(told.at)));
  return JSON.stringify({ ...told, leftMs });
}

function readTold(text: string): Told | undefined {
  try {
    const told: unknown = JSON.parse(text);
    return isJsonObject(told) ? (told as unknown as Told) : undefined;
  } catch {
    return undefined;
  }
}
