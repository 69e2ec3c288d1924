import {
  type Clock,
  isJsonObject,
  type JsonObject,
  type Logger,
  messageOf,
  parseJson,
} from "@trestle/protocol";
import { defineScript } from "@trestle/store/redis";
import type { AlertsKnown, AlertWatch, WatchTurn } from "../alerts/alerts.ts";
import type { Shared } from "./shared.ts";

export interface AlertWatchParts
  extends Pick<Shared, "redis" | "bus" | "locks" | "peers" | "replica"> {
  /** How often is looked, in milliseconds. */
  readonly everyMs: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

const NAME = "alerts";
const LOOK = "alerts/look";
const HEARD_MS = 1_500;
/** Whoever looks does so again before this many times its interval are over, or another one does. */
const LOOKS = 3;
const SHORTEST_MS = 5_000;
const KEPT_MS = 7 * 24 * 3_600_000;

/** KEYS: what is known, under which fence. ARGV: the fence, what is known, for how long. */
const KEEP = defineScript(`
if tonumber(redis.call('HGET', KEYS[1], 'fence') or '0') > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'known', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`);

/**
 * One of all bridges looks at the alerts, by a lease; what it knows lies in Redis, under the fence of that lease, so that
 * another one goes on where it died. Without Redis each looks at what it knows itself.
 */
export async function openAlertWatch(parts: AlertWatchParts): Promise<AlertWatch> {
  const { redis, bus, locks, peers, replica, everyMs, clock, log } = parts;
  const key = redis.key(NAME, NAME);
  const ttlMs = (): number => Math.max(SHORTEST_MS, LOOKS * everyMs());
  let fence: number | undefined;
  let kept = "";
  let listener: Parameters<AlertWatch["follow"]>[0] | undefined;

  async function known(): Promise<AlertsKnown | undefined> {
    return read(await redis.command<string | null>("HGET", key, "known"));
  }

  async function learnAll(): Promise<void> {
    try {
      const found = redis.isUp() && fence === undefined ? await known() : undefined;
      if (found) listener?.learn(found);
    } catch (error) {
      log.debug("What others know of alerts was not read", { reason: messageOf(error) });
    }
  }

  async function turn(): Promise<WatchTurn> {
    try {
      const answer = await locks.acquire(NAME, { holder: replica, ttlMs: ttlMs() });
      if (answer.kind === "busy") {
        fence = undefined;
        return { kind: "elsewhere", isHeard: await isHeard(answer.holder) };
      }
      const isFirst = fence === undefined;
      if (isFirst) kept = "";
      fence = answer.lease.fence;
      return { kind: "here", isAlone: false, ...(isFirst && { known: await known() }) };
    } catch (error) {
      log.debug("Who looks at the alerts is not known", { reason: messageOf(error) });
      fence = undefined;
      return { kind: "here", isAlone: true };
    }
  }

  /** A lease is good for a while after its holder has died. */
  async function isHeard(holder: string): Promise<boolean> {
    const leave = new AbortController();
    const cancel = clock.after(HEARD_MS, () => leave.abort());
    const asked = peers.ask(holder, LOOK, {}, { signal: leave.signal });
    const heard = await asked.then(
      () => true,
      () => false,
    );
    cancel();
    return heard;
  }

  peers.answer(LOOK, async () => {
    listener?.look();
    return {};
  });
  const ends = [
    await bus.subscribe(NAME, {
      onMessage(text) {
        const told = parseJson(text);
        if (!isJsonObject(told)) return;
        if (isJsonObject(told.known) && told.from !== replica) {
          listener?.learn(told.known as unknown as AlertsKnown);
        }
      },
      onGap: () => void learnAll(),
    }),
    redis.onChange((isUp) => void (isUp && learnAll())),
  ];

  return {
    turn,
    async keep(found) {
      if (fence === undefined) return true;
      const known = found as unknown as JsonObject;
      const text = JSON.stringify(known);
      if (text === kept) return true;
      try {
        if ((await redis.run<number>(KEEP, [key], [fence, text, KEPT_MS])) !== 1) {
          fence = undefined;
          return false;
        }
        kept = text;
        bus.publish(NAME, JSON.stringify({ from: replica, known }));
      } catch (error) {
        log.debug("What is known of alerts was not kept", { reason: messageOf(error) });
      }
      return true;
    },
    follow(next) {
      listener = next;
      void learnAll();
    },
    async close() {
      for (const end of ends) end();
      if (fence === undefined) return;
      const lease = { name: NAME, holder: replica, fence, expiresAt: clock.now() };
      await locks.release(lease).catch(() => {});
    },
  };
}

function read(text: string | null): AlertsKnown | undefined {
  const value = text === null ? undefined : parseJson(text);
  return isJsonObject(value) ? (value as unknown as AlertsKnown) : undefined;
}
