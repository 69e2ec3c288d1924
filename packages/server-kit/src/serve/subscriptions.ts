import type { JsonObject, RequestContext, ServerInstance } from "@trestle/protocol";

/**
 * The resources one peer wants to hear of. The instance is told once per peer and resource, and told
 * again when the peer loses interest or goes: who serves several peers may simply count.
 */
export interface Subscriptions {
  has(uri: string): boolean;
  add(params: JsonObject, context: RequestContext): Promise<JsonObject>;
  remove(params: JsonObject, context: RequestContext): Promise<JsonObject>;
  clear(): void;
}

export function createSubscriptions(instance: ServerInstance): Subscriptions {
  const contexts = new Map<string, RequestContext>();

  async function add(params: JsonObject, context: RequestContext): Promise<JsonObject> {
    const uri = String(params.uri);
    if (contexts.has(uri)) return {};
    contexts.set(uri, context);
    try {
      return await instance.request("resources/subscribe", params, context);
    } catch (error) {
      contexts.delete(uri);
      throw error;
    }
  }

  async function remove(params: JsonObject, context: RequestContext): Promise<JsonObject> {
    if (!contexts.delete(String(params.uri))) return {};
    return instance.request("resources/unsubscribe", params, context);
  }

  function clear(): void {
    const left = [...contexts];
    contexts.clear();
    for (const [uri, context] of left) {
      // The peer is gone: nobody is left to be told of a failure.
      const unaborted = { ...context, signal: new AbortController().signal };
      instance.request("resources/unsubscribe", { uri }, unaborted).catch(() => {});
    }
  }

  return { has: (uri) => contexts.has(uri), add, remove, clear };
}
