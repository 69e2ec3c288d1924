import { randomUUID } from "node:crypto";
import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import { createRedisClient, type RedisClient } from "./clients.ts";
import type { RedisLink } from "./link.ts";

export interface ChannelsParts {
  readonly redis: RedisLink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onMessage: (channel: string, text: string) => void;
  /** Messages may have been missed. */
  readonly onGap: () => void;
}

/** Channels of Redis, heard over a connection of their own. */
export interface Channels {
  publish(channel: string, text: string): Promise<void>;
  /** Resolves once it is heard; while Redis is gone at once, and a gap is told when it is heard. */
  hear(channel: string): Promise<void>;
  unhear(channel: string): void;
  close(): Promise<void>;
}

/** A connection says nothing when it breaks half way: we tell ourselves something, and wonder where it is. */
const BEAT_MS = 1_000;
const SILENT_MS = 4_000;

interface Verbs {
  readonly publish: string;
  readonly subscribe: "ssubscribe" | "subscribe";
  readonly unsubscribe: "sunsubscribe" | "unsubscribe";
}

const SHARDED: Verbs = {
  publish: "SPUBLISH",
  subscribe: "ssubscribe",
  unsubscribe: "sunsubscribe",
};
const PLAIN: Verbs = { publish: "PUBLISH", subscribe: "subscribe", unsubscribe: "unsubscribe" };

export function createChannels(parts: ChannelsParts): Channels {
  const { redis, clock, log, onMessage, onGap } = parts;
  const beatChannel = redis.key("bus", "bus", `~${randomUUID()}`);
  const wanted = new Set<string>();
  /** Those of the wanted that Redis has confirmed, on the connection of now. */
  const heard = new Set<string>();
  let verbs: Promise<Verbs> | undefined;
  let client: Promise<RedisClient> | undefined;
  let hearing: Promise<void> | undefined;
  let isHeard = false;
  let heardAt = 0;
  let sent = 0;
  let lastBeat = 0;
  let isBeating = false;
  let cancelBeat = (): void => {};
  let isClosed = false;

  function verbsOf(): Promise<Verbs> {
    verbs ??= findVerbs(redis);
    verbs.catch(() => {
      verbs = undefined;
    });
    return verbs;
  }

  function take(channel: string, text: string): void {
    if (channel !== beatChannel) {
      onMessage(channel, text);
      return;
    }
    heardAt = clock.now();
    const number = Number(text);
    // What was published between two of ours came the same way, and was lost the same way.
    if (lastBeat !== 0 && number !== lastBeat + 1) onGap();
    lastBeat = number;
  }

  async function open(): Promise<RedisClient> {
    const opened = await createRedisClient(redis.address);
    opened.on("error", () => {}); // the link tells of it
    for (const event of ["message", "smessage"]) opened.on(event, take);
    for (const event of ["close", "-subscriber", "-node"]) opened.on(event, lose);
    await opened.connect().catch(() => {});
    return opened;
  }

  function lose(): void {
    isHeard = false;
  }

  /** Where Redis hangs, the link learns of it here, and tells of it. */
  async function subscribe(all: readonly string[]): Promise<void> {
    client ??= open();
    const subscriber = await client;
    const { subscribe: verb } = await verbsOf();
    if (subscriber.status !== "ready") throw new Error("the connection that hears is not ready");
    await redis.bound(async () => subscriber[verb](...all));
    for (const channel of all) if (wanted.has(channel)) heard.add(channel);
  }

  /** Hears all that is wanted, beginning anew. */
  async function hearAll(): Promise<void> {
    heard.clear();
    await subscribe([beatChannel, ...wanted]);
    isHeard = true;
    heardAt = clock.now();
    lastBeat = 0;
    onGap();
  }

  /** One more, which may have come while others were asked for. What fails now is heard with all again. */
  async function hearToo(channel: string): Promise<void> {
    await subscribe([channel]).catch((error: unknown) => {
      if (isRefusal(error)) throw error;
      lose();
    });
  }

  function again(): Promise<void> {
    hearing ??= hearAll()
      .catch((error: unknown) => {
        log.debug("The bus does not hear yet", { reason: messageOf(error) });
      })
      .finally(() => {
        hearing = undefined;
      });
    return hearing;
  }

  async function beat(): Promise<void> {
    isBeating = true;
    if (isHeard && redis.isUp() && clock.now() - heardAt > SILENT_MS) {
      isHeard = false;
      (await client)?.disconnect(true);
    }
    if (!isHeard && redis.isUp()) await again();
    if (isHeard && redis.isUp()) {
      sent += 1;
      await publish(beatChannel, String(sent)).catch(() => {});
    }
    if (!isClosed) cancelBeat = clock.after(BEAT_MS, () => void beat());
  }

  async function publish(channel: string, text: string): Promise<void> {
    const { publish: verb } = await verbsOf();
    await redis.command(verb, channel, text);
  }

  const unwatch = redis.onChange((isUp) => {
    if (!isUp) verbs = undefined;
    if (!isUp) lose();
    else if (wanted.size > 0) void again();
  });

  return {
    publish,
    async hear(channel) {
      if (isClosed) return;
      wanted.add(channel);
      if (!isBeating) void beat();
      if (!redis.isUp()) return;
      if (!isHeard) await again();
      if (isHeard && !heard.has(channel)) await hearToo(channel);
    },
    unhear(channel) {
      wanted.delete(channel);
      heard.delete(channel);
      if (!isHeard) return;
      void Promise.all([client, verbsOf()])
        .then(([subscriber, { unsubscribe }]) => subscriber?.[unsubscribe](channel))
        .catch(() => {});
    },
    async close() {
      isClosed = true;
      unwatch();
      cancelBeat();
      (await client)?.disconnect();
    },
  };
}

/**
 * Sharded ones reach only those who want them; servers before version 7 do not have them. Whoever has these has been
 * answered by the node of all channels: what is sent to one of a cluster while it is being connected comes out of order.
 */
async function findVerbs(redis: RedisLink): Promise<Verbs> {
  await redis.command("EXISTS", redis.key("bus", "bus"));
  const [known] = await redis.command<unknown[]>("COMMAND", "INFO", "SSUBSCRIBE");
  return known ? SHARDED : PLAIN;
}

/** Redis answered, and does not allow it: asking again changes nothing. */
function isRefusal(error: unknown): boolean {
  return (error as { name?: string }).name === "ReplyError";
}
