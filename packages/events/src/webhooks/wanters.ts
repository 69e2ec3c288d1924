import { type Logger, messageOf } from "@trestle/protocol";
import { createTopicFilter } from "../hub/event.ts";
import type { WebhookTarget } from "./target.ts";

/** Topics whose wanters are remembered; whoever publishes under ever new ones is looked up each time. */
const KNOWN_TOPICS = 1_000;

/** The ids of the targets that want a topic. Asked for each event: each topic is compared once. */
export function createWanters(
  targets: () => readonly WebhookTarget[],
  log: Logger,
): (topic: string) => readonly string[] {
  let current: readonly WebhookTarget[] | undefined;
  const known = new Map<string, readonly string[]>();
  return (topic) => {
    const now = targets();
    if (now !== current) known.clear();
    current = now;
    const found =
      known.get(topic) ?? now.filter((each) => isWanted(topic, each, log)).map(({ id }) => id);
    if (known.size < KNOWN_TOPICS) known.set(topic, found);
    return found;
  };
}

/** A target that cannot be read keeps no other waiting. */
function isWanted(topic: string, { id, topics }: WebhookTarget, log: Logger): boolean {
  try {
    return createTopicFilter(topics)(topic);
  } catch (error) {
    log.error("The topics of a webhook cannot be read", { target: id, error: messageOf(error) });
    return false;
  }
}
