import { type Clock, systemClock } from "@trestle/protocol";
import {
  type Cache,
  type CacheAddress,
  type CacheBounds,
  type CacheFill,
  type CacheLookup,
  type CacheSelection,
  type CacheStats,
  DEFAULT_CACHE_BOUNDS,
  sizeOf,
} from "./cache.ts";

export interface MemoryCacheOptions {
  readonly bounds?: CacheBounds;
  readonly clock?: Clock;
}

interface Kept {
  readonly address: CacheAddress;
  readonly value: string | Uint8Array;
  readonly bytes: number;
  readonly generation: number;
  readonly storedAt: number;
  readonly staleAt: number;
  readonly goneAt: number;
}

/** A cache for one process that shares with nobody. It forgets everything with the process. */
export function createMemoryCache(options: MemoryCacheOptions = {}): Cache {
  const { bounds = DEFAULT_CACHE_BOUNDS, clock = systemClock } = options;
  const generations = createGenerations();
  const kept = createKept(bounds);

  function get(address: CacheAddress): CacheLookup {
    const generation = generations.of(address);
    const now = clock.now();
    const found = kept.use(address);
    if (!found || found.generation !== generation || found.goneAt <= now) {
      return { kind: "miss", generation };
    }
    const { value, storedAt, staleAt } = found;
    return { kind: "hit", value, storedAt, stale: now >= staleAt, generation };
  }

  function set(address: CacheAddress, fill: CacheFill): boolean {
    const { value, ttlMs, staleMs = 0 } = fill;
    const generation = generations.of(address);
    if (fill.generation !== undefined && fill.generation !== generation) return false;
    const bytes = sizeOf(address, value);
    if (bytes > bounds.maxBytes) return false;
    const storedAt = clock.now();
    const staleAt = storedAt + ttlMs;
    const goneAt = staleAt + staleMs;
    kept.set({ address, value, bytes, generation, storedAt, staleAt, goneAt });
    return true;
  }

  function stats(selection: CacheSelection): CacheStats {
    const chosen = kept.all().filter(({ address }) => isIn(selection, address));
    return { entries: chosen.length, bytes: chosen.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  function clear(selection: CacheSelection): number {
    generations.raise(selection);
    const chosen = kept.all().filter(({ address }) => isIn(selection, address));
    return chosen.filter(({ address }) => kept.delete(address)).length;
  }

  return {
    get: async (address) => get(address),
    set: async (address, fill) => set(address, fill),
    delete: async (address) => kept.delete(address),
    bump: async (selection) => generations.raise(selection),
    clear: async (selection) => clear(selection),
    stats: async (selection) => stats(selection),
  };
}

/** The entries in the order of their use, within bounds. */
function createKept({ maxEntries, maxBytes }: CacheBounds) {
  const entries = new Map<string, Kept>();
  let total = 0;

  function remove(name: string): Kept | undefined {
    const found = entries.get(name);
    if (!found) return undefined;
    total -= found.bytes;
    entries.delete(name);
    return found;
  }

  /** A Map keeps the order in which its keys were added: the newest is the last. */
  function add(name: string, entry: Kept): void {
    entries.set(name, entry);
    total += entry.bytes;
  }

  return {
    use(address: CacheAddress): Kept | undefined {
      const name = nameOf(address);
      const found = remove(name);
      if (found) add(name, found);
      return found;
    },
    set(entry: Kept): void {
      const name = nameOf(entry.address);
      remove(name);
      add(name, entry);
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && total <= maxBytes) return;
        remove(oldest);
      }
    },
    delete: (address: CacheAddress): boolean => remove(nameOf(address)) !== undefined,
    all: (): Kept[] => [...entries.values()],
  };
}

/** Each part only ever grows: the sum is the same again only where none of them changed. */
function createGenerations(): {
  of(address: CacheAddress): number;
  raise(selection: CacheSelection): void;
} {
  const raised = new Map<string, number>();
  const at = (...path: string[]): number => raised.get(JSON.stringify(path)) ?? 0;
  return {
    of: ({ scope, group }) => at() + at(scope) + at(scope, group),
    raise(selection) {
      const { scope, group } = selection as { scope?: string; group?: string };
      const path = [scope, group].filter((part) => part !== undefined);
      raised.set(JSON.stringify(path), at(...path) + 1);
    },
  };
}

function nameOf({ scope, group, key }: CacheAddress): string {
  return JSON.stringify([scope, group, key]);
}

function isIn(selection: CacheSelection, { scope, group }: CacheAddress): boolean {
  if (selection.scope === undefined) return true;
  return selection.scope === scope && (selection.group ?? group) === group;
}
