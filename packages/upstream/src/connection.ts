import type { JsonObject, RequestContext } from "@trestle/protocol";
import type { UpstreamEvent, UpstreamFacts } from "./config.ts";
import type { Loss } from "./faults.ts";

/** A live link to an upstream whose era is settled. */
export interface Connection {
  readonly facts: UpstreamFacts;
  readonly pid?: number | undefined;
  /** Resolves once, when the connection can serve no more requests. */
  readonly lost: Promise<Loss>;
  request(method: string, params: JsonObject, context: RequestContext): Promise<JsonObject>;
  subscribeResource(params: JsonObject, context: RequestContext): Promise<JsonObject>;
  unsubscribeResource(params: JsonObject, context: RequestContext): Promise<JsonObject>;
  /** Has everything gone that belonged to it. */
  close(): Promise<void>;
}

/** What outlives a connection: who listens, and which resources were subscribed. */
export interface Interest {
  readonly uris: Set<string>;
  emit(event: UpstreamEvent): void;
}
