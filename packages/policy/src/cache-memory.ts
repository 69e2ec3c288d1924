import type { Clock } from "@trestle/protocol";
import type { CacheEntry, CacheKey, CacheScope, CacheStore } from "./cache-store.ts";

interface Kept extends CacheEntry {
  readonly key: CacheKey;
  readonly bytes: number;
}

/** A server's current generation, and the entries that belong to it. */
interface Generation {
  number: number;
  unsettledUntil: number;
  readonly entries: Set<Kept>;
}

export interface MemoryCacheParts {
  readonly clock: Clock;
  readonly maxBytes: number;
}

/** A store that answers at once. */
export interface MemoryCache extends CacheStore {
  generation(server: string): number;
  bump(server: string, unsettledUntil?: number): number;
  get(key: CacheKey): CacheEntry | undefined;
  put(key: CacheKey, entry: CacheEntry, generation: number): boolean;
  clear(scope: CacheScope): number;
  stats(): { readonly entries: number; readonly bytes: number };
}

/** Keys, numbers and the bookkeeping of an entry, roughly. */
const ENTRY_BYTES = 400;
/** A full cache is emptied to this share. */
const ROOM = 0.95;

/** Results in this process, the least recently used dropped first. */
export function createMemoryCache({ clock, maxBytes }: MemoryCacheParts): MemoryCache {
  /** In the order of use, as a Map keeps the order of insertion. */
  const kept = new Map<string, Kept>();
  const generations = new Map<string, Generation>();
  let bytes = 0;

  function generationOf(server: string): Generation {
    let current = generations.get(server);
    if (current === undefined) {
      current = { number: 0, unsettledUntil: 0, entries: new Set() };
      generations.set(server, current);
    }
    return current;
  }

  function add(entry: Kept): void {
    kept.set(entry.key.digest, entry);
    generationOf(entry.key.server).entries.add(entry);
    bytes += entry.bytes;
  }

  function drop(entry: Kept): void {
    kept.delete(entry.key.digest);
    generationOf(entry.key.server).entries.delete(entry);
    bytes -= entry.bytes;
  }

  /** A little more than needed: a Map that lost its first entries is slow to find the next one. */
  function makeRoom(): void {
    if (bytes <= maxBytes) return;
    for (const oldest of kept.values()) {
      if (bytes <= maxBytes * ROOM) return;
      drop(oldest);
    }
  }

  return {
    generation: (server) => generationOf(server).number,
    bump(server, unsettledUntil = 0) {
      const current = generationOf(server);
      for (const entry of current.entries) drop(entry);
      current.number += 1;
      current.unsettledUntil = Math.max(current.unsettledUntil, unsettledUntil);
      return current.number;
    },
    get({ digest }) {
      const entry = kept.get(digest);
      if (entry === undefined) return undefined;
      if (clock.now() >= entry.dropAt) {
        drop(entry);
        return undefined;
      }
      kept.delete(digest);
      kept.set(digest, entry);
      return entry;
    },
    put(key, entry, generation) {
      const current = generationOf(key.server);
      if (generation !== current.number || entry.askedAt < current.unsettledUntil) return false;
      const size = sizeOf(entry.text);
      if (size > maxBytes) return false;
      const earlier = kept.get(key.digest);
      if (earlier !== undefined) drop(earlier);
      add({ ...entry, key, bytes: size });
      makeRoom();
      return true;
    },
    clear(scope) {
      const dropped = [...kept.values()].filter(({ key }) => isWithin(key, scope));
      for (const entry of dropped) drop(entry);
      return dropped.length;
    },
    stats: () => ({ entries: kept.size, bytes }),
  };
}

export function isWithin(key: Omit<CacheKey, "digest">, { server, tool }: CacheScope): boolean {
  return (
    (server === undefined || server === key.server) && (tool === undefined || tool === key.tool)
  );
}

/** One byte a character, as the engine keeps text without letters beyond Latin-1; else two at most. */
function sizeOf(text: string): number {
  return Math.max(text.length, Buffer.byteLength(text)) + ENTRY_BYTES;
}
