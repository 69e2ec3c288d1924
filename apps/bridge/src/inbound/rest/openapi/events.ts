import type { JsonObject } from "@trestle/protocol";
import { EVENT_PAYLOADS, feedFrame, subscribeFrame } from "../../feed/event-shapes.ts";
import { callFrame } from "../../feed/object-call.ts";
import { EVENTS_PATH } from "../../late-feed.ts";
import type { Schemas } from "./schemas.ts";

/** The feed of events, which OpenAPI has no words for: what each side sends, and what is in an event by its topic. */
export function describeEvents(schemas: Schemas): JsonObject {
  const topics = Object.entries(EVENT_PAYLOADS).map(([topic, payload]): [string, JsonObject] => [
    topic,
    schemas.answered(payload),
  ]);
  const call = schemas.foreign(schemas.asked(callFrame.strict(), "FeedCall"), "FeedCall");
  return {
    path: `/${EVENTS_PATH}`,
    protocol: "websocket",
    description: "One JSON object in each frame, of text.",
    sent: { oneOf: [schemas.answered(subscribeFrame), call] },
    received: schemas.answered(feedFrame),
    topics: Object.fromEntries(topics),
  };
}
