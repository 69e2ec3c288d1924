export interface LeaseRequest {
  /** Who asks: different for each process and each run of it. */
  readonly holder: string;
  readonly ttlMs: number;
}

/** The right to do something alone until it expires. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** Higher than that of every lease of this name before. */
  readonly fence: number;
  /** Epoch milliseconds; never later than others believe. */
  readonly expiresAt: number;
}

export type Acquisition =
  | { readonly kind: "acquired"; readonly lease: Lease }
  /** Ask again then: the lease may be renewed, or released before. */
  | { readonly kind: "busy"; readonly holder: string; readonly until: number };

/**
 * Leases with fencing numbers. A holder that was paused does not know that its lease is over: whoever
 * stores what it does under a lease keeps the highest fence it has seen and refuses lower ones.
 */
export interface Locks {
  /** Takes a name that nobody holds, or that this same holder holds: its earlier lease then ends. */
  acquire(name: string, request: LeaseRequest): Promise<Acquisition>;
  /**
   * Holds on for so many milliseconds from now, under a new fence; undefined where the lease is over,
   * even where nobody has taken the name since. Renew between pieces of work: what is under way with
   * the old fence is refused by whoever has seen the new one.
   */
  renew(lease: Lease, ttlMs: number): Promise<Lease | undefined>;
  /** False where the lease was over. */
  release(lease: Lease): Promise<boolean>;
}
