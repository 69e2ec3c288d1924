/** Where an entry stands: a scope is a server, a group one of its tools. No part is parsed. */
export interface CacheAddress {
  readonly scope: string;
  readonly group: string;
  readonly key: string;
}

/** A group of a scope, a whole scope, or everything. */
export type CacheSelection =
  | { readonly scope: string; readonly group?: string }
  | { readonly scope?: never };

export interface CacheFill {
  readonly value: string | Uint8Array;
  /** How long the value is fresh. */
  readonly ttlMs: number;
  /** How much longer it may be had as stale; 0 by default. */
  readonly staleMs?: number;
  /** What `get` said before the value was asked for. Left out, the value is stored in any case. */
  readonly generation?: number;
}

export type CacheLookup =
  | {
      readonly kind: "hit";
      readonly value: string | Uint8Array;
      readonly storedAt: number;
      /** Older than its `ttlMs`, within its `staleMs`. */
      readonly stale: boolean;
      readonly generation: number;
    }
  | { readonly kind: "miss"; readonly generation: number };

/** What is kept, expired entries that are not yet swept out included. */
export interface CacheStats {
  readonly entries: number;
  /** Of keys and values. */
  readonly bytes: number;
}

/**
 * Values for a time, within bounds: whatever was used longest ago makes room.
 *
 * Each scope and group has a generation. `bump` raises it, and every entry of before is gone at once,
 * for all processes. A fill that names its generation is stored only if that still holds, in one step
 * with the check: what was read before a write can never be stored after it.
 */
export interface Cache {
  get(address: CacheAddress): Promise<CacheLookup>;
  /** False where it was not stored: its generation is over, or it is larger than the whole cache. */
  set(address: CacheAddress, fill: CacheFill): Promise<boolean>;
  /** True where there was one. Fills on their way are not stopped: `bump` does that. */
  delete(address: CacheAddress): Promise<boolean>;
  /** Ends the generation, and with it all entries and fills on their way. */
  bump(selection: CacheSelection): Promise<void>;
  /** Bumps, and resolves once the space is free, with the number of entries deleted. */
  clear(selection: CacheSelection): Promise<number>;
  stats(selection: CacheSelection): Promise<CacheStats>;
}

export interface CacheBounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

export const DEFAULT_CACHE_BOUNDS: CacheBounds = {
  maxEntries: 100_000,
  maxBytes: 256 * 1024 * 1024,
};

export function sizeOf({ scope, group, key }: CacheAddress, value: string | Uint8Array): number {
  const characters = scope.length + group.length + key.length;
  return characters + (typeof value === "string" ? Buffer.byteLength(value) : value.byteLength);
}
