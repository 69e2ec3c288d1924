import type {
  Era,
  JsonObject,
  RequestContext,
  RpcNotification,
  RpcRequest,
} from "@trestle/protocol";
import type { Loss } from "../faults.ts";

/** A request on its way to one server. */
export interface LinkRequest {
  readonly method: string;
  readonly params: JsonObject;
  readonly signal?: AbortSignal | undefined;
  /** Whose request it is: gets the progress, the log messages and the questions that belong to it. */
  readonly context?: RequestContext | undefined;
  /** Nobody waits for its answer any more, and the server may still be at work on it. */
  readonly isGivenUp?: boolean;
  /** Sees the notifications that carry this request's subscription id, as `subscriptions/listen` has them. */
  readonly onNotification?: (notification: RpcNotification) => void;
}

/** Why a request need not be sent any more; undefined while somebody waits for its answer. */
export function givenUp({
  signal,
  context,
}: LinkRequest): { readonly reason: unknown } | undefined {
  if (signal?.aborted) return { reason: signal.reason };
  const ended = context?.attempt?.ended;
  return ended === undefined ? undefined : { reason: ended };
}

/** What a server sends of its own accord. `scope` is the request it belongs to, where the transport knows. */
export interface LinkEvents {
  onNotification(notification: RpcNotification, scope?: LinkRequest): void;
  onRequest(request: RpcRequest, scope?: LinkRequest): Promise<JsonObject>;
}

/** Moves JSON-RPC between us and one server; knows the transport, and of the protocol only what the transport needs. */
export interface Link {
  readonly pid?: number | undefined;
  readonly closed: Promise<Loss>;
  /** Rejects with RpcError for an error of the server, TrestleError for everything else. */
  request(request: LinkRequest): Promise<JsonObject>;
  notify(method: string, params?: JsonObject): Promise<void>;
  /** Takes over what the server sends of its own accord. */
  attend(events: LinkEvents): void;
  /** From here on the transport speaks this era, and the version once it is settled. */
  agree(era: Era, protocolVersion?: string): void;
  /** Requests now waiting for their answer, and given up ones that the server may still work at. */
  waiting(): LinkRequest[];
  /** Opens the stream for what the server sends of its own accord, where it needs opening. */
  openStream?(): void;
  /** Ends the link early, for a reason found above it. */
  lose(loss: Loss): void;
  close(): Promise<void>;
}

/** The server no longer knows our session: nothing was executed, a new `initialize` mends it. */
export class SessionLostError extends Error {
  override readonly name = "SessionLostError";
}
