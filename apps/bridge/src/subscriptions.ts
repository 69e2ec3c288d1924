import type { JsonObject } from "@trestle/protocol";

/** Counts how many clients watch each resource, so that one leaving takes nothing from the others. */
export interface Subscriptions {
  /** Runs `send` for the first who watches. */
  add(uri: string, send: () => Promise<JsonObject>): Promise<JsonObject>;
  /** Runs `send` when the last one has left. */
  remove(uri: string, send: () => Promise<JsonObject>): Promise<JsonObject>;
}

export function createSubscriptions(): Subscriptions {
  const watchers = new Map<string, number>();

  function change(uri: string, by: 1 | -1): number {
    const count = Math.max(0, (watchers.get(uri) ?? 0) + by);
    if (count === 0) watchers.delete(uri);
    else watchers.set(uri, count);
    return count;
  }

  return {
    async add(uri, send) {
      if (change(uri, 1) > 1) return {};
      try {
        return await send();
      } catch (error) {
        change(uri, -1);
        throw error;
      }
    },
    async remove(uri, send) {
      const watched = watchers.has(uri);
      return change(uri, -1) === 0 && watched ? send() : {};
    },
  };
}
