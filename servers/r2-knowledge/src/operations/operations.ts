import { join } from "node:path";
import type { Clock, Logger } from "@trestle/protocol";
import type { Config } from "../config.ts";
import { toKnown, toldFailures } from "../knowledge/failures.ts";
import type { KnowledgeStore } from "../knowledge/knowledge-store.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { openStore, placeOf } from "../open-store.ts";
import { createIds } from "../records/ids.ts";
import type { SyncResult } from "../sync/run-sync.ts";
import { type Backups, createBackups } from "./backups.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";
import { sealed } from "./sealing.ts";
import { type SyncAsked, syncKnowledge } from "./sync.ts";
import { type ValidateOptions, type Validation, validateFix } from "./validate.ts";

/** What keeps the knowledge in order, beside asking and telling. */
export interface Operations {
  readonly backups: Backups;
  readonly lifecycle: Lifecycle;
  /** Runs the operator's check for a diagnosis. Throws `unsupported` where there is none. */
  validate(id: string, options?: ValidateOptions): Promise<Validation>;
  /** Throws `unsupported` where no other place is configured. */
  sync(asked: SyncAsked): Promise<SyncResult>;
  close(): Promise<void>;
}

export interface OperationsParts {
  readonly config: Config;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly store: ObjectStore;
  readonly knowledge: KnowledgeStore;
}

export function createOperations(parts: OperationsParts): Operations {
  const { config, dataDir, clock, store, knowledge, environment } = parts;
  const ids = createIds({ clock });
  const backups = createBackups({
    ...{ store, knowledge, clock, ids },
    open: async () => sealed(await openPlainBackups(config, dataDir, clock), config, dataDir),
  });
  return {
    backups: toldFailures(backups),
    lifecycle: toldFailures(createLifecycle({ store, knowledge, clock })),
    validate: (id, options = {}) =>
      validateFix(knowledge, config, { clock, ids, environment }, id, options),
    async sync(asked) {
      try {
        return await syncKnowledge(parts, asked);
      } catch (error) {
        throw toKnown(error);
      }
    },
    close: () => backups.close(),
  };
}

/** The bytes as they are there: sealed ones, where sealing is on. */
export function openPlainBackups(config: Config, dataDir: string, clock: Clock) {
  const { backupBucket, backupDir } = config;
  const place =
    backupBucket === undefined
      ? ({ kind: "folder", path: backupDir ?? join(dataDir, "backups") } as const)
      : placeOf({ ...config, bucket: backupBucket }, dataDir);
  return openStore(place, clock);
}
