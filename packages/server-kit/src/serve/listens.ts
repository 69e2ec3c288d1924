import {
  type ClientSession,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Principal,
  type ResourceUpdated,
  type ServerInstance,
} from "@trestle/protocol";
import { clientFromMeta } from "./client-facts.ts";
import { createSubscriptions, type Subscriptions } from "./subscriptions.ts";

/**
 * The SDK serves `subscriptions/listen` by itself and never tells the instance which resources are
 * wanted. This does, for as long as each listen is open.
 */
export interface Listens {
  open(id: JsonValue, params: JsonObject | undefined): void;
  /** Is a resource listened to, was that not refused, and is it nobody else's? */
  hears(updated: Pick<ResourceUpdated, "uri" | "isFor">): boolean;
  close(id: JsonValue | undefined): void;
  closeAll(): void;
}

export function createListens(
  instance: ServerInstance,
  principal: Principal,
  session?: ClientSession,
): Listens {
  const open = new Map<JsonValue, Subscriptions>();
  const peer = { principal, ...(session && { session }) };

  return {
    open(id, params) {
      const meta = params?._meta as JsonObject | undefined;
      const client = clientFromMeta(meta);
      const uris = resourcesOf(params);
      if (!client || uris.length === 0 || open.has(id) || !canSubscribe(instance)) return;
      const subscriptions = createSubscriptions(instance);
      open.set(id, subscriptions);
      const { signal } = new AbortController();
      const context = { ...peer, client, signal };
      // One that is refused is never heard of, though the SDK acknowledges it with the others.
      for (const uri of uris) subscriptions.add({ uri }, context).catch(() => {});
    },
    hears: ({ uri, isFor }) =>
      isFor?.(peer) !== false && [...open.values()].some((subscriptions) => subscriptions.has(uri)),
    close(id) {
      if (id === undefined) return;
      open.get(id)?.clear();
      open.delete(id);
    },
    closeAll() {
      for (const subscriptions of open.values()) subscriptions.clear();
      open.clear();
    },
  };
}

function canSubscribe({ capabilities }: ServerInstance): boolean {
  return isJsonObject(capabilities.resources) && capabilities.resources.subscribe === true;
}

function resourcesOf(params: JsonObject | undefined): string[] {
  const wanted = params?.notifications;
  const uris = isJsonObject(wanted) ? wanted.resourceSubscriptions : undefined;
  return Array.isArray(uris) ? uris.filter((uri) => typeof uri === "string") : [];
}
