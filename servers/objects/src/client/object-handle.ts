import type { JsonValue } from "@trestle/protocol";
import { ObjectError } from "../object-error.ts";
import type { Answer, EventsPage, ObjectRef, ObjectView } from "../protocol.ts";
import type { Breaker } from "./breaker.ts";
import { type AskOptions, createDeliveries } from "./deliveries.ts";
import type { Link } from "./link.ts";
import { objectPath } from "./request.ts";
import type { ClientParts } from "./settings.ts";
import { createWatching, type Update, type WatchOptions } from "./watching.ts";

export type ObjectArguments = Readonly<Record<string, JsonValue>>;

export interface CallOptions extends AskOptions {
  /** Calls with the same key are done once; without one the client makes it. */
  readonly key?: string;
  /** Refused with `conflict` unless the object has just this sequence number. */
  readonly expectedSeq?: number;
}

/** One object, as its client sees it. */
export interface ObjectHandle extends ObjectRef {
  initialize(args?: ObjectArguments, options?: Omit<CallOptions, "expectedSeq">): Promise<Answer>;
  call(method: string, args?: ObjectArguments, options?: CallOptions): Promise<Answer>;
  delete(options?: CallOptions): Promise<Answer>;
  get(): Promise<ObjectView>;
  events(range?: { readonly since?: number; readonly limit?: number }): Promise<EventsPage>;
  /**
   * Tells every change, over all losses of the connection, until it is stopped. One at a time for each handle.
   * @returns stops it.
   */
  watch(onUpdate: (update: Update) => void, options?: WatchOptions): () => void;
  /** Ends the watching; what still waits is refused. */
  close(): void;
}

export type AskRead = (path: string) => Promise<JsonValue>;

export function createObjectHandle(parts: {
  readonly ref: ObjectRef;
  readonly client: ClientParts;
  readonly breaker: Breaker;
  readonly read: AskRead;
  readonly onClose: () => void;
}): ObjectHandle {
  const { ref, client, breaker, read } = parts;
  let link: Link | undefined;
  const deliveries = createDeliveries({
    ...{ ref, client, breaker },
    socket: {
      get state() {
        if (link === undefined || link.state.state === "closed") return "none";
        return link.state.state === "open" ? "up" : "down";
      },
      send: (id, request) => link?.send(JSON.stringify({ type: "call", id, ...request })) ?? false,
    },
  });

  const keyOf = ({ key = client.newKey() }: CallOptions) => key;
  const expected = ({ expectedSeq }: CallOptions) =>
    expectedSeq === undefined ? {} : { expectedSeq };

  function stop(stopped: Link): void {
    stopped.close();
    if (link === stopped) link = undefined;
    deliveries.changed();
  }

  return {
    ...ref,
    async initialize(args = {}, options = {}) {
      const request = { args: { ...args }, key: keyOf(options) };
      return await deliveries.ask({ action: "initialize", request }, options);
    },
    async call(method, args = {}, options = {}) {
      const request = { method, args: { ...args }, key: keyOf(options), ...expected(options) };
      return await deliveries.ask({ action: "call", request }, options);
    },
    async delete(options = {}) {
      const request = { key: keyOf(options), ...expected(options) };
      return await deliveries.ask({ action: "delete", request }, options);
    },
    async get() {
      return (await read(objectPath(ref))) as JsonValue & ObjectView;
    },
    async events({ since = 0, limit = 100 } = {}) {
      const path = `${objectPath(ref, "events")}?since=${since}&limit=${limit}`;
      return (await read(path)) as JsonValue & EventsPage;
    },
    watch(onUpdate, options = {}) {
      if (link !== undefined) {
        throw new ObjectError(
          "invalid_input",
          "This handle watches its object already; take another handle for another watcher.",
        );
      }
      const mine = createWatching({
        ...{ ref, client, breaker, options, onUpdate, onAnswer: deliveries.answered },
        onState(state) {
          client.onEvent({ type: "connection", ...ref, ...state });
          // What waits learns of it once this link is the one that counts.
          if (link === mine) deliveries.changed();
        },
      });
      link = mine;
      mine.open();
      return () => stop(mine);
    },
    close() {
      if (link !== undefined) stop(link);
      deliveries.close();
      parts.onClose();
    },
  };
}
