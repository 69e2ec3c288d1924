import type { JsonObject } from "@trestle/protocol";

/** Counts how many clients watch each resource, so that one leaving takes nothing from the others. */
export interface Subscriptions {
  /** Runs `send` for the first who watches; the next ones run theirs where that fails. */
  add(uri: string, send: () => Promise<JsonObject>): Promise<JsonObject>;
  /** Runs `send` when the last one has left. */
  remove(uri: string, send: () => Promise<JsonObject>): Promise<JsonObject>;
}

interface Watched {
  count: number;
  /** Whether the server took it, once that was asked; nothing where it did not. */
  taken?: Promise<boolean> | undefined;
}

export function createSubscriptions(): Subscriptions {
  const watchers = new Map<string, Watched>();

  function leave(uri: string, watched: Watched): void {
    watched.count -= 1;
    if (watched.count === 0 && watchers.get(uri) === watched) watchers.delete(uri);
  }

  async function ask(watched: Watched, send: () => Promise<JsonObject>): Promise<JsonObject> {
    const asked = send();
    const taken = asked.then(
      () => true,
      () => false,
    );
    watched.taken = taken;
    try {
      return await asked;
    } catch (error) {
      if (watched.taken === taken) watched.taken = undefined;
      throw error;
    }
  }

  return {
    async add(uri, send) {
      const watched = watchers.get(uri) ?? { count: 0 };
      watchers.set(uri, watched);
      watched.count += 1;
      try {
        // Whoever comes next must not count on one that is still on its way, and may be refused.
        while (watched.taken) if (await watched.taken) return {};
        return await ask(watched, send);
      } catch (error) {
        leave(uri, watched);
        throw error;
      }
    },
    async remove(uri, send) {
      const watched = watchers.get(uri);
      if (!watched) return {};
      leave(uri, watched);
      return watched.count === 0 ? send() : {};
    },
  };
}
