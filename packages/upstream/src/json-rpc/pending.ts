import type { JsonObject, RpcId, RpcNotification, RpcResponse } from "@trestle/protocol";
import {
  type Clock,
  createRoster,
  isJsonObject,
  listenTo,
  META,
  RPC,
  RpcError,
  systemClock,
} from "@trestle/protocol";
import { abandoned as givenUp, type Loss, notSent, outcomeUnknown } from "../faults.ts";
import { createAbandoned } from "./abandoned.ts";
import type { LinkRequest } from "./link.ts";

/** A request whose answer is awaited. */
export interface Waiting {
  readonly id: number;
  readonly request: LinkRequest;
  /** Whether the server may have it. */
  sent: boolean;
  resolve(result: JsonObject): void;
  reject(error: unknown): void;
}

export interface Pending {
  /** Starts waiting. `onAbort` is called when the caller gives up, after the promise was rejected. */
  open(request: LinkRequest, settle: Settle, onAbort: (waiting: Waiting) => void): Waiting;
  /** `scope` is the request on whose own stream the response came. */
  settle(response: RpcResponse, scope?: Waiting): boolean;
  /** Hands progress to the request that its token names. */
  progress(notification: RpcNotification): boolean;
  /** Hands a notification of a subscription stream to the request that opened it. */
  subscription(notification: RpcNotification): boolean;
  has(id: number): boolean;
  /** Those that the server may be working at: given up ones, which it was not told in time of, among them. */
  requests(): LinkRequest[];
  /** Fails the one request that awaits an answer, if it is only one. */
  rejectOnly(loss: Loss): void;
  loseAll(loss: Loss): void;
}

interface Settle {
  resolve(result: JsonObject): void;
  reject(error: unknown): void;
}

/** Requests by id: each is settled exactly once, by its answer, by its caller giving up, or by the loss of the link. */
export function createPending(upstream: string, clock: Pick<Clock, "now"> = systemClock): Pending {
  const open = createRoster<Waiting>();
  const abandoned = createAbandoned(clock);
  const byId = (id: RpcId | undefined) => open.find((waiting) => waiting.id === id);
  /** The oldest first. */
  const inOrder = () => open.items().toSorted((a, b) => a.id - b.id);
  let lastId = 0;

  function begin(request: LinkRequest, settle: Settle, onAbort: (waiting: Waiting) => void) {
    lastId += 1;
    const id = lastId;
    const { signal } = request;
    const attempt = request.context?.attempt;
    const forget = () => {
      leave();
      stop?.();
      if (attempt) attempt.cancel = undefined;
    };
    const waiting: Waiting = {
      id,
      request,
      sent: false,
      resolve(result) {
        forget();
        settle.resolve(result);
      },
      reject(error) {
        forget();
        settle.reject(error);
      },
    };
    const cancel = (reason: unknown) => {
      if (waiting.sent) abandoned.add(id, request);
      waiting.reject(givenUp(upstream, reason, waiting.sent));
      onAbort(waiting);
    };
    const leave = open.add(waiting);
    const stop = signal && listenTo(signal, request.context?.own, () => cancel(signal.reason));
    if (attempt) attempt.cancel = cancel;
    return waiting;
  }

  /** Whom an answer without an id is for: the only request that awaits one; with several, nobody can tell. */
  function only(): Waiting | undefined {
    const sent = inOrder().filter(
      ({ sent, request }) => sent && request.method !== "subscriptions/listen",
    );
    return sent.length === 1 ? sent[0] : undefined;
  }

  return {
    open: begin,
    settle(response, scope) {
      abandoned.remove(response.id);
      const waiting = response.id === null ? (scope ?? only()) : byId(response.id);
      if (!waiting) return false;
      if (response.error) waiting.reject(toRpcError(response.error));
      else waiting.resolve(response.result ?? {});
      return true;
    },
    progress({ params }) {
      const token = params?.progressToken;
      const waiting = typeof token === "number" ? byId(token) : undefined;
      if (!params || !waiting?.request.context?.onProgress) return false;
      const { progressToken: _token, ...progress } = params;
      try {
        waiting.request.context.onProgress(progress as never);
      } catch {
        // A caller that cannot take its progress still gets its answer.
      }
      return true;
    },
    subscription(notification) {
      const meta = notification.params?._meta;
      const id = isJsonObject(meta) ? Number(meta[META.subscriptionId]) : Number.NaN;
      const onNotification = byId(id)?.request.onNotification;
      onNotification?.(notification);
      return onNotification !== undefined;
    },
    has: (id) => byId(id) !== undefined,
    requests: () => [...abandoned.requests(), ...inOrder().map(({ request }) => request)],
    rejectOnly(loss) {
      const waiting = only();
      waiting?.reject(outcomeUnknown(upstream, waiting.request.method, loss));
    },
    loseAll(loss) {
      for (const waiting of inOrder())
        waiting.reject(
          waiting.sent
            ? outcomeUnknown(upstream, waiting.request.method, loss)
            : notSent(upstream, loss),
        );
    },
  };
}

/** The request as text, with our own progress token where the caller wants progress. */
export function encodeRequest({ id, request }: Waiting): string {
  const { method, context } = request;
  let { params } = request;
  if (context?.onProgress) {
    const meta = isJsonObject(params._meta) ? params._meta : {};
    params = { ...params, _meta: { ...meta, progressToken: id } };
  }
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

export const CANCELLED = "notifications/cancelled";

export function cancelParams(requestId: number): JsonObject {
  return { requestId, reason: "The caller no longer waits." };
}

function toRpcError(error: NonNullable<RpcResponse["error"]>): RpcError {
  const code = Number.isInteger(error.code) ? error.code : RPC.internal;
  return new RpcError(code, String(error.message ?? "The server gave no message."), error.data);
}
