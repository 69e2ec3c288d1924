import type { RecordKind, Records } from "./model.ts";

/**
 * Where swarms are kept. A swarm is a set of records and a version, which every commit raises by one: a commit happens
 * only where nobody else committed since, whole or not at all, and is durable when it resolves. Whoever was slower
 * reads what changed and decides again, so that two processes can work on one swarm.
 */
export interface SwarmStore {
  /** Do other processes write to it as well? Then what they did is read before each decision. */
  readonly isShared: boolean;
  /** Throws `conflict` where the id is taken. */
  create(swarm: StoredSwarm, changes: readonly Change[]): Promise<void>;
  /**
   * Throws `conflict` where the version is not `after`, `not_found` without such a swarm. Commits of one caller happen
   * in the order in which they were asked for, also where it does not wait for one before it asks for the next.
   */
  commit(swarmId: string, commit: Commit): Promise<void>;
  /** All records, or those that changed after a version; undefined without such a swarm. */
  load(swarmId: string, since?: number): Promise<LoadedSwarm | undefined>;
  /** The newest first. */
  list(filter: SwarmFilter): Promise<readonly StoredSwarm[]>;
  /** Takes a swarm away with all its records; false where there is none. */
  remove(swarmId: string): Promise<boolean>;
  close(): Promise<void>;
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
