import { readFileSync, writeFileSync } from "node:fs";
import { type Clock, isJsonObject, type Logger, messageOf } from "@trestle/protocol";
import type { Bus } from "@trestle/store";
import type { RedisLink } from "@trestle/store/redis";
import { formatLock, type Lock, parseLock } from "../catalog/pins/lock-text.ts";
import { watchLock } from "../catalog/pins/watch-lock.ts";
import { replaceFile } from "../config/import/atomic-file.ts";
import { createSharedHash } from "./shared-hash.ts";

export interface SharedPinsParts {
  /** The lock file of this bridge: what is shared is brought there, and taken from there. */
  readonly path: string;
  /** Keeps what was last the same here and there, so that it is known which side has changed. */
  readonly memory: string;
  readonly redis: RedisLink;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
}

const TOPIC = "pins";
const MOST_TURNS = 20;

type Texts = Map<string, string>;

/**
 * What is approved at one bridge is approved at all. By server: what changed on one side goes to the other; where both
 * did, or nobody knows, Redis is right, as others go by it. Resolves once the lock file holds what others have approved.
 */
export async function sharePins(parts: SharedPinsParts): Promise<{ close(): Promise<void> }> {
  const { path, memory, redis, bus, clock, log } = parts;
  const common = createSharedHash(redis, "pins");
  let running: Promise<void> = Promise.resolve();

  async function exchange(): Promise<void> {
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      const text = textOf(path);
      const [here, there, before] = [byServer(text), await common.readAll(), readMemory(memory)];
      const { toFile, toRedis } = sort(here, there, before);
      const told = await Promise.all(
        [...toRedis].map(([server, pins]) => common.replace(server, there.get(server) ?? "", pins)),
      );
      // Somebody else was faster: what they said is looked at first.
      if (told.includes(false)) continue;
      const merged = new Map([...here, ...toFile]);
      if (toFile.size > 0) replaceFile(path, text, formatLock(joined(merged)));
      writeFileSync(memory, JSON.stringify(Object.fromEntries(merged)), { mode: 0o600 });
      if (told.length > 0) bus.publish(TOPIC, "");
      return;
    }
  }

  function sync(): Promise<void> {
    running = running.then(exchange).catch((error: unknown) => {
      log.warn("What is approved was not shared", { reason: messageOf(error) });
    });
    return running;
  }

  const syncSoon = (): void => void (redis.isUp() && sync());
  const unsubscribe = await bus.subscribe(TOPIC, { onMessage: syncSoon, onGap: syncSoon });
  const unwatch = redis.onChange(syncSoon);
  if (redis.isUp()) await sync();
  const unwatchFile = watchLock(path, clock, syncSoon);
  return {
    async close() {
      unsubscribe();
      unwatch();
      unwatchFile();
      if (redis.isUp()) await sync();
    },
  };
}

/** By server, what one side has to be told. */
function sort(here: Texts, there: Texts, before: Texts): { toFile: Texts; toRedis: Texts } {
  const toFile: Texts = new Map();
  const toRedis: Texts = new Map();
  for (const server of new Set([...here.keys(), ...there.keys()])) {
    const [own, theirs, last] = [here.get(server), there.get(server), before.get(server)];
    if (own === theirs) continue;
    const isOwnNews =
      own !== undefined && (theirs === undefined || (theirs === last && own !== last));
    if (isOwnNews) toRedis.set(server, own);
    else if (theirs !== undefined) toFile.set(server, theirs);
  }
  return { toFile, toRedis };
}

function byServer(text: string | undefined): Texts {
  if (text === undefined) return new Map();
  return new Map(
    [...parseLock(text)].map(([server, pins]) => [server, formatLock(new Map([[server, pins]]))]),
  );
}

function joined(texts: Texts): Lock {
  return new Map([...texts.values()].flatMap((text) => [...parseLock(text)]));
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function readMemory(path: string): Texts {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    const entries = isJsonObject(value) ? Object.entries(value) : [];
    return new Map(entries.map(([server, text]) => [server, String(text)]));
  } catch {
    return new Map();
  }
}
