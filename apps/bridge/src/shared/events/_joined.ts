import { createHub } from "@trestle/events";
import { silentLogger, systemClock } from "@trestle/protocol";
import type { OwnRedis } from "@trestle/testkit/own-redis";
import { until } from "@trestle/testkit/surroundings";
import { onTestFinished } from "vitest";
import { openRedisShared } from "../redis-shared.ts";
import { type CommonHub, joinEvents } from "./join-events.ts";

/** The hub of one bridge, as it shares its events, without the bridge around it. */
export async function openHub(server: OwnRedis, prefix: string) {
  const parts = { clock: systemClock, log: silentLogger };
  const shared = await openRedisShared({
    ...{ url: server.url, prefix, ...parts },
    newId: () => crypto.randomUUID(),
  });
  const own = createHub();
  const hub: CommonHub = await joinEvents({
    ...{ shared, own, ...parts, onDemand: ["call.done"], once: ["pin.changed"] },
  });
  let isOpen = true;
  const close = async () => {
    if (isOpen) await hub.close();
    if (isOpen) await shared.close();
    isOpen = false;
  };
  onTestFinished(close);
  await until("Redis is found", () => shared.redis.isUp());
  /** What is told to a reader: texts of events, and gaps. */
  const listen = (topics: readonly string[], since?: number) => {
    const seen: string[] = [];
    const seqs: number[] = [];
    const end = hub.subscribe(since === undefined ? { topics } : { topics, since }, (message) => {
      seen.push(message.kind === "gap" ? "gap" : String(message.event.payload.n));
      seqs.push(message.kind === "gap" ? message.gap.to : message.event.seq);
    });
    return { seen, seqs, end };
  };
  return { hub, own, shared, listen, close };
}
