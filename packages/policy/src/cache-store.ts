/** Now or a little later: a store in memory answers at once, a shared one cannot. */
export type Soon<T> = T | Promise<T>;

/** Which calls an entry belongs to. */
export interface CacheScope {
  readonly server?: string;
  readonly tool?: string;
}

export interface CacheKey {
  readonly server: string;
  readonly tool: string;
  /** SHA-256 of all that decides the answer, the principal included. */
  readonly digest: string;
}

export interface CacheEntry {
  /** The result as JSON text, so that no reader can change what another one gets. */
  readonly text: string;
  /** Epoch milliseconds at which the result was asked for. */
  readonly askedAt: number;
  readonly ttlMs: number;
  /** Epoch milliseconds after which not even a stale answer is wanted. */
  readonly dropAt: number;
}

export type CacheLead =
  /** `end`: it has asked, and stored what is to be stored. */
  | { readonly kind: "here"; end(): void }
  /** Another process asks: what it stores, or nothing where that does not come soon. */
  | { readonly kind: "elsewhere"; readonly entry: Promise<CacheEntry | undefined> };

/**
 * Where results are kept. Each server has a generation: entries of an older one are as good as gone.
 * Never throws: a store that cannot be reached has no entries.
 */
export interface CacheStore {
  generation(server: string): Soon<number>;
  /**
   * Begins the next generation and returns its number. With `unsettledUntil` (epoch milliseconds)
   * nothing that was asked of this server before then is stored.
   */
  bump(server: string, unsettledUntil?: number): Soon<number>;
  /** The entry, if it is of the server's current generation. */
  get(key: CacheKey): Soon<CacheEntry | undefined>;
  /** Stores the entry, in one step with the check that its generation still is the current one. */
  put(key: CacheKey, entry: CacheEntry, generation: number): Soon<boolean>;
  /** Drops the entries in the scope and returns how many there were. */
  clear(scope: CacheScope): Soon<number>;
  /** Of several processes with this store, which asks for an answer that it does not have. Left out: any. */
  lead?(key: CacheKey): Promise<CacheLead>;
  stats(): Soon<{ readonly entries: number; readonly bytes: number }>;
}
