import type { JsonObject } from "@trestle/protocol";

/** What a topic remembers for whoever comes late. */
const KEPT = 1_000;

export interface TopicEvent {
  readonly seq: number;
  readonly payload: JsonObject;
}

/** Publish and subscribe within this process; a subscriber names the last number it has seen. */
export interface Topics {
  publish(topic: string, payload: JsonObject): void;
  /** Returns the function that ends the subscription. */
  subscribe(topic: string, sinceSeq: number, handler: (event: TopicEvent) => void): () => void;
}

interface Topic {
  lastSeq: number;
  readonly events: TopicEvent[];
  readonly handlers: Set<(event: TopicEvent) => void>;
}

export function createTopics(): Topics {
  const topics = new Map<string, Topic>();

  function topicOf(name: string): Topic {
    const topic = topics.get(name) ?? { lastSeq: 0, events: [], handlers: new Set() };
    topics.set(name, topic);
    return topic;
  }

  return {
    publish(name, payload) {
      const topic = topicOf(name);
      topic.lastSeq += 1;
      const event = { seq: topic.lastSeq, payload };
      topic.events.push(event);
      if (topic.events.length > KEPT) topic.events.shift();
      for (const handler of topic.handlers) handler(event);
    },
    subscribe(name, sinceSeq, handler) {
      const topic = topicOf(name);
      for (const event of topic.events) if (event.seq > sinceSeq) handler(event);
      // Its own function, so that one handler may subscribe twice.
      const own = (event: TopicEvent) => handler(event);
      topic.handlers.add(own);
      return () => topic.handlers.delete(own);
    },
  };
}
