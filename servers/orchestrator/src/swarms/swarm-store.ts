import type { RecordKind, Records } from "./model.ts";

/**
 * Where swarms are kept. A swarm is a set of records and a version, which every commit raises by one: a commit happens
 * only where nobody else committed since, whole or not at all, and is durable when it resolves.
 */
export interface SwarmStore extends Committing {
  /** Where many processes write to it at once. */
  readonly shared?: SharedSwarms;
  /** Throws `conflict` where the id is taken. */
  create(swarm: StoredSwarm, changes: readonly Change[]): Promise<void>;
  /** The newest first. */
  list(filter: SwarmFilter): Promise<readonly StoredSwarm[]>;
  /** Takes a swarm away with all its records; false where there is none. */
  remove(swarmId: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface Committing {
  /**
   * Throws `conflict` where the version is not `after`, `not_found` without such a swarm. Commits of one caller happen
   * in the order in which they were asked for, also where it does not wait for one before it asks for the next.
   */
  commit(swarmId: string, commit: Commit): Promise<void>;
  /** All records, or those that changed after a version; undefined without such a swarm. */
  load(swarmId: string, since?: number): Promise<LoadedSwarm | undefined>;
}

/** What processes that write to the same swarms need of the store, so that they do not stand in each other's way. */
export interface SharedSwarms {
  /**
   * Nobody else commits to the swarm while this reads, decides, and commits once at most: all or nothing, and durable
   * when it resolves. A process that stops in the middle is waited for no longer than a few seconds, and nothing of
   * what it did is stored. Where it is certain that nothing was stored the work is done again, from its beginning.
   */
  alone(swarmId: string, work: (held: Held) => Promise<void>): Promise<void>;
  /** Tells other processes that there is a newer version, or without one that the swarm is gone. May be lost. */
  tell(swarmId: string, version?: number): void;
  /** Hears what is told, also by this process. */
  listen(hear: (swarmId: string, version: number | undefined) => void): void;
  /** Of these swarms, without those that are gone: what was told may have been lost. */
  versions(swarmIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Renews what this process watches, and takes over what has to be watched and nobody watches; gives all of these. */
  watch(ms: number): Promise<readonly string[]>;
  /** Leaves what it watches to others. */
  unwatch(): Promise<void>;
}

/** A swarm that nobody else commits to. */
export interface Held extends Committing {
  /** Is this process the one that watches over it, by the clock of the store? */
  isWatching(swarmId: string): Promise<boolean>;
}

/** What is known of a swarm without loading it. */
export interface StoredSwarm {
  readonly id: string;
  readonly owner: string;
  readonly createdAt: number;
  /** May something lapse in it if nobody does anything? If not, nobody has to watch it. */
  readonly watched: boolean;
}

export interface Commit {
  /** The version that the decision was made on. */
  readonly after: number;
  readonly changes: readonly Change[];
  readonly watched: boolean;
}

/** A record as it is from now on, or null where it is no more. */
export type Change = {
  readonly [Kind in RecordKind]: {
    readonly kind: Kind;
    readonly id: string;
    readonly record: Records[Kind] | null;
  };
}[RecordKind];

export interface LoadedSwarm {
  readonly version: number;
  /** Are these all records, also where only those after a version were asked for? */
  readonly isWhole: boolean;
  /** Without those that were taken away, where they are all. */
  readonly changes: readonly Change[];
}

export interface SwarmFilter {
  readonly owner?: string;
  readonly watched?: true;
  readonly beforeId?: string;
  readonly limit: number;
}
