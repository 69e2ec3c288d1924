import type { Hub } from "@trestle/events";
import { type Host, type JsonObject, TrestleError } from "@trestle/protocol";
import { isOwnTopic } from "./alarms.ts";

export interface HostTopicsParts {
  readonly hub: Pick<Hub, "publish">;
  /** What they hear: what happens at this bridge, so that of several no two do the same for it. */
  readonly heard: Pick<Hub, "subscribe" | "lastSeq">;
  /** Takes out what must not be shown: events leave the machine. */
  readonly redact: (payload: JsonObject) => JsonObject;
}

/** An event is news, not a parcel: what is large belongs where it can be read. */
const MAX_PAYLOAD_BYTES = 32 * 1024;
const MAX_TOPIC_LENGTH = 256;

/**
 * The topics of mounted servers are those of the bridge: what one tells, the others, the feed and the webhooks
 * hear; and it hears what the bridge tells. Numbers are those of the hub, so they grow over all topics.
 */
export function createHostTopics({
  hub,
  heard,
  redact,
}: HostTopicsParts): (serverId: string) => Pick<Host, "publish" | "subscribe"> {
  return (serverId) => ({
    publish(topic, payload) {
      refuseBad(topic, payload);
      hub.publish(topic, redact(payload), serverId);
    },
    subscribe(topic, sinceSeq, handler) {
      // A number beyond the last one asks for what comes from now on.
      const since = Math.min(sinceSeq, heard.lastSeq());
      const topics = (told: string): boolean => told === topic;
      return heard.subscribe({ topics, since }, (message) => {
        if (message.kind === "event") handler(message.event);
      });
    },
  });
}

function refuseBad(topic: string, payload: JsonObject): void {
  const refuse = (problem: string): never => {
    throw new TrestleError("invalid_input", problem, { details: { topic } });
  };
  if (topic === "" || topic.length > MAX_TOPIC_LENGTH) {
    refuse(`A topic has 1 to ${MAX_TOPIC_LENGTH} characters.`);
  }
  if (isOwnTopic(topic)) {
    refuse(`"${topic}" is told by the bridge itself: name yours after your server.`);
  }
  if (Buffer.byteLength(JSON.stringify(payload)) > MAX_PAYLOAD_BYTES) {
    refuse(
      `An event of "${topic}" may have ${MAX_PAYLOAD_BYTES} bytes: tell where to read the rest.`,
    );
  }
}
