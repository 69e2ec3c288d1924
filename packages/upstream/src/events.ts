import type { JsonObject, RpcNotification, ServerEvent } from "@trestle/protocol";
import { isJsonObject } from "@trestle/protocol";
import type { Interest } from "./connection.ts";

/** The change that a notification of either era tells, if it tells one. */
export function toEvent({ method, params }: RpcNotification): ServerEvent | undefined {
  switch (method) {
    case "notifications/tools/list_changed":
      return { kind: "toolsChanged" };
    case "notifications/prompts/list_changed":
      return { kind: "promptsChanged" };
    case "notifications/resources/list_changed":
      return { kind: "resourcesChanged" };
    case "notifications/resources/updated":
      return typeof params?.uri === "string"
        ? { kind: "resourceUpdated", uri: params.uri }
        : undefined;
    default:
      return undefined;
  }
}

/** Everything that may have changed while a stream of events was broken off. */
export function missedEvents(capabilities: JsonObject, uris: Iterable<string>): ServerEvent[] {
  const events: ServerEvent[] = [];
  if (declares(capabilities.tools, "listChanged")) events.push({ kind: "toolsChanged" });
  if (declares(capabilities.prompts, "listChanged")) events.push({ kind: "promptsChanged" });
  if (declares(capabilities.resources, "listChanged")) events.push({ kind: "resourcesChanged" });
  for (const uri of uris) events.push({ kind: "resourceUpdated", uri });
  return events;
}

/** A server that is connected again, or in a new session, may be another one: nobody was told of anything meanwhile. */
export function announceAnew({ uris, emit }: Interest): void {
  emit({ kind: "connected" });
  for (const uri of uris) emit({ kind: "resourceUpdated", uri });
}

export function declares(capability: unknown, flag: string): boolean {
  return isJsonObject(capability) && capability[flag] === true;
}
