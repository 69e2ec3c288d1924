import type { ObjectRef } from "../protocol.ts";
import type { ObjectCopy } from "../wire/copy.ts";

/** What is kept of one object besides its hosts: its last copy, and who has it. */
export interface Replica {
  readonly copy: ObjectCopy;
  /** The name of the host that has it. Its epoch is the high part of the number. */
  readonly owner: string;
  /** The last number that each earlier owner gave to this: with a later one it went on by itself. */
  readonly given: Readonly<Record<string, number>>;
  /** Epoch milliseconds. */
  readonly savedAt: number;
}

export interface Version {
  readonly owner: string;
  readonly copy: ObjectCopy;
}

/** Two hosts changed an object apart from each other. Both versions are here until somebody chooses, and after. */
export interface Conflict {
  /** Names it: CLASS/ID/NUMBER, the number of the other version. */
  readonly name: string;
  readonly foundAt: number;
  /** The version that goes on. */
  readonly ruling: Version;
  readonly other: Version;
  readonly resolved: { readonly at: number; readonly kept: "ruling" | "other" } | undefined;
}

export type NewConflict = Pick<Conflict, "foundAt" | "ruling" | "other">;

/** Where copies of objects are kept: a local file or Postgres. Every method is one transaction. */
export interface ReplicaStore {
  get(ref: ObjectRef): Promise<Replica | undefined>;
  /** False where somebody else owns it, or a later copy is there: then nothing was stored. */
  save(version: Version, now: number): Promise<boolean>;
  /** Makes another its owner, where it is still as it was read. False where it is not. */
  claim(from: Replica, to: Version, now: number): Promise<boolean>;
  /** The same version is kept once. */
  addConflict(conflict: NewConflict): Promise<void>;
  /** Those that nobody resolved yet, the oldest first. */
  conflicts(): Promise<readonly Conflict[]>;
  conflict(name: string): Promise<Conflict | undefined>;
  /** `ruling` is what ruled until now. */
  resolve(
    name: string,
    kept: "ruling" | "other",
    by: { ruling: Version; now: number },
  ): Promise<void>;
  close(): Promise<void>;
}
