import type { FeedEvent } from "../../feed/connection.ts";

const WRITES = /^(?:store|record|update|edit|delete|transform|restore|apply|sync)_/;

/**
 * Whether an event tells that something is known otherwise now: the server's own, where it is set to tell them,
 * else that a call through this bridge changed something.
 */
export function isChange({ topic, payload, source }: FeedEvent, server: string): boolean {
  if (topic.startsWith("knowledge.")) return source === undefined || source === server;
  return topic === "call.success" && payload.server === server && WRITES.test(String(payload.tool));
}
