import type { Clock, Logger } from "@trestle/protocol";
import type { QueryLog } from "../analytics/query-log.ts";
import type { Audit } from "../records/audit.ts";
import type { Diagnosis } from "../records/diagnosis.ts";
import type { Ids } from "../records/ids.ts";
import type { Redact } from "../records/redact.ts";
import type { CountingStore } from "./counting-store.ts";
import type { Indexes } from "./indexes.ts";
import type { RecordFolder } from "./record-folder.ts";
import type { Tallies } from "./tallies.ts";

/** What the functions of the knowledge store work with. */
export interface Parts {
  readonly store: CountingStore;
  readonly diagnoses: RecordFolder<Diagnosis>;
  readonly audits: RecordFolder<Audit>;
  readonly indexes: Indexes;
  readonly tallies: Tallies;
  readonly ids: Ids;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  readonly log: Logger;
  readonly redact: Redact;
  readonly queries: QueryLog;
  /** Told of each change that is durable. */
  readonly changed: (change: Change) => void;
}

/** A say in what happens to one record: it throws where that must not be. */
export interface Checking<Kept> {
  /**
   * Called with the very version that is about to be changed, and with what becomes of it.
   * Undefined for one that is not there yet, or that can not be read.
   */
  readonly check?: ((before: Kept | undefined, after?: Kept) => void) | undefined;
}

export interface Change {
  readonly kind: "stored" | "updated" | "deleted" | "outcome" | "audit" | "pattern";
  readonly id: string;
}
