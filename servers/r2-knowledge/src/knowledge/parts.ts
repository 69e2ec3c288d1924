import type { Clock, Logger } from "@trestle/protocol";
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
  readonly log: Logger;
  readonly redact: Redact;
  /** Told of each change that is durable. */
  readonly changed: (change: Change) => void;
}

export interface Change {
  readonly kind: "stored" | "updated" | "deleted" | "outcome" | "audit" | "pattern";
  readonly id: string;
}
