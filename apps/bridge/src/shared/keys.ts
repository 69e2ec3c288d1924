import { isSameKey, type KeyStore, type StoredKey } from "@trestle/access";
import { type Clock, canonicalJson, type Logger, messageOf } from "@trestle/protocol";
import type { Bus } from "@trestle/store";
import type { RedisLink } from "@trestle/store/redis";
import { createSharedHash } from "./shared-hash.ts";

export interface SharedKeysParts {
  /** Of this home: good while Redis is gone, and what Redis gets back where it lost all. */
  readonly keys: KeyStore;
  readonly redis: RedisLink;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
}

const TOPIC = "keys";
/** What is told is told at once; this finds what the telling lost. A revoked key must be refused within a second. */
const LOOK_MS = 400;
const MOST_TURNS = 20;

/**
 * The keys of all homes at one Redis. Each has them all in its own file, so that nothing waits for Redis when a key is
 * looked at; what one changes, all have a moment later, and what changed while Redis was gone once it is back.
 */
export async function shareKeys(parts: SharedKeysParts): Promise<KeyStore> {
  const { keys, redis, bus, clock, log } = parts;
  const common = createSharedHash(redis, "keys");
  let hasSynced = false;
  let seen: { readonly shared: string | null; readonly own: string } | undefined;
  let running: Promise<void> = Promise.resolve();
  let isClosed = false;
  let cancel = (): void => {};

  /** One after the other: the next one has what the one before was asked too late for. */
  function sync(): Promise<void> {
    const next = running.then(exchange);
    running = next.catch(() => {});
    return next;
  }

  async function exchange(): Promise<void> {
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      const shared = await common.version();
      const known = await common.readAll();
      const theirs = new Map([...known].map(([id, text]) => [id, JSON.parse(text) as StoredKey]));
      await keys.merge([...theirs.values()]);
      const own = keys.version();
      const news = keys.stored().filter((key) => !isSameKey(theirs.get(key.id), key));
      const results = await Promise.all(
        news.map((key) => common.replace(key.id, known.get(key.id) ?? "", canonicalJson(key))),
      );
      if (results.length > 0) bus.publish(TOPIC, "");
      hasSynced = true;
      seen = { shared, own };
      if (results.length === 0) return;
    }
  }

  async function look(): Promise<void> {
    if (redis.isUp()) {
      try {
        const shared = await common.version();
        if (seen?.shared !== shared || seen.own !== keys.version()) await sync();
      } catch (error) {
        log.debug("The shared keys were not looked at", { reason: messageOf(error) });
      }
    }
    if (!isClosed) cancel = clock.after(LOOK_MS, () => void look());
  }

  function syncSoon(): void {
    sync().catch((error: unknown) => {
      log.debug("The shared keys were not read", { reason: messageOf(error) });
    });
  }

  /** What is changed here stands here; whether it stands with the others, too, is said in the log. */
  async function then<Value>(change: Promise<Value>): Promise<Value> {
    const value = await change;
    await sync().catch((error: unknown) => {
      log.warn("A change of the keys waits for Redis", { reason: messageOf(error) });
    });
    return value;
  }

  const unsubscribe = await bus.subscribe(TOPIC, { onMessage: syncSoon, onGap: syncSoon });
  const unwatch = redis.onChange((isUp) => isUp && syncSoon());
  await look();

  return {
    ...keys,
    create: (key) => then(keys.create(key)),
    rotate: (id, overlapMs) => then(keys.rotate(id, overlapMs)),
    revoke: (id) => then(keys.revoke(id)),
    // Until the others were asked, nobody knows that there is no key.
    isEmpty: () => hasSynced && keys.isEmpty(),
    async close() {
      isClosed = true;
      cancel();
      unwatch();
      unsubscribe();
      await running;
      await keys.close();
    },
  };
}
