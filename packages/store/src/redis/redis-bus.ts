import { type Clock, type Logger, messageOf, silentLogger, systemClock } from "@trestle/protocol";
import type { Bus } from "../bus/bus.ts";
import { createBusListeners } from "../bus/bus-listeners.ts";
import { createChannels } from "./channels.ts";
import type { RedisLink } from "./link.ts";

export interface RedisBusOptions {
  readonly redis: RedisLink;
  readonly clock?: Clock;
  readonly log?: Logger;
}

/** Before the text of a message: there may have been others before it that nobody has. */
const AFTER_GAP = "-";
const IN_ORDER = "+";
/** No message, only that there may have been some. */
const GAP = "!";

/**
 * A bus over the publish and subscribe of Redis, sharded where the server has that. All channels of a prefix are on
 * one node, so that one connection hears them. While Redis is gone, messages are lost; listeners are told of a gap
 * once it is back.
 */
export function createRedisBus(options: RedisBusOptions): Bus {
  const { redis, clock = systemClock, log = silentLogger } = options;
  const listeners = createBusListeners(log);
  const channelOf = (topic: string): string => redis.key("bus", "bus", topic);
  const before = channelOf("").length + 1;
  /** Topics with messages that nobody got. */
  const owed = new Set<string>();
  let isClosed = false;
  const channels = createChannels({
    ...{ redis, clock, log },
    onMessage(channel, text) {
      if (isClosed) return;
      if (!text.startsWith(IN_ORDER)) listeners.tellGap();
      if (text !== GAP) listeners.deliver(channel.slice(before), text.slice(1));
    },
    onGap: () => listeners.tellGap(),
  });

  function send(topic: string, text: string): void {
    channels.publish(channelOf(topic), text).catch((error: unknown) => {
      owed.add(topic);
      log.debug("A published message was lost", { topic, error: messageOf(error) });
    });
  }

  const unwatch = redis.onChange((isUp) => {
    if (!isUp) return;
    for (const topic of owed) send(topic, GAP);
    owed.clear();
  });

  return {
    publish(topic, message) {
      if (isClosed) return;
      send(topic, `${owed.delete(topic) ? AFTER_GAP : IN_ORDER}${message}`);
    },
    async subscribe(topic, listener) {
      const remove = listeners.add(topic, listener);
      try {
        await channels.hear(channelOf(topic));
      } catch (error) {
        remove();
        throw error;
      }
      return () => {
        remove();
        if (!listeners.topics().includes(topic)) channels.unhear(channelOf(topic));
      };
    },
    async close() {
      isClosed = true;
      unwatch();
      listeners.clear();
      await channels.close();
    },
  };
}
