import { TrestleError } from "@trestle/protocol";
import { type BackupParts, type BackupResult, createBackup } from "../backup/create-backup.ts";
import { type KeepRules, type PruneResult, pruneBackups } from "../backup/prune.ts";
import {
  findSnapshot,
  type KeptSnapshot,
  listSnapshots,
  openRepository,
} from "../backup/repository.ts";
import {
  applyRestore,
  planRestore,
  type RestorePlan,
  type RestoreResult,
} from "../backup/restore.ts";
import { type VerifyOptions, type VerifyResult, verifyBackup } from "../backup/verify-backup.ts";
import { refuseWhileHeld } from "../knowledge/holds.ts";
import type { KnowledgeStore } from "../knowledge/knowledge-store.ts";
import type { CallOptions, ObjectStore } from "../object-store/object-store.ts";

export interface BackupsParts extends BackupParts {
  /** Of the knowledge. */
  readonly store: ObjectStore;
  readonly knowledge: KnowledgeStore;
  /** Opens where backups are kept. */
  readonly open: () => Promise<ObjectStore>;
}

export interface RestoreAsked extends CallOptions {
  /** Milliseconds since 1970; the newest backup where left out. */
  readonly at?: number | undefined;
  /** Beside what is there, below this prefix; over it where left out. */
  readonly into?: string | undefined;
  readonly onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

type OnProgress = ((progress: { readonly objects: number }) => void) | undefined;

/** Backups of the knowledge: its records, and not the indexes that are made of them. */
export interface Backups {
  create(options?: CallOptions & { readonly onProgress?: OnProgress }): Promise<BackupResult>;
  list(call?: CallOptions): Promise<readonly KeptSnapshot[]>;
  verify(options?: VerifyOptions): Promise<VerifyResult>;
  planRestore(asked: RestoreAsked): Promise<{ snapshot: KeptSnapshot; plan: RestorePlan }>;
  /** Over what is there it restores exactly that state, and makes the indexes anew. */
  restore(asked: RestoreAsked): Promise<RestoreResult & { readonly snapshot: KeptSnapshot }>;
  prune(
    rules: KeepRules,
    options: { readonly dryRun: boolean } & CallOptions,
  ): Promise<PruneResult>;
  close(): Promise<void>;
}

const PREFIX = "mcp/";
/** Made of the records, or of this place and this time only: what was told, and to whom. */
const isDerived = (key: string): boolean => /^mcp\/(indexes|events|webhooks)\//.test(key);
/** An older policy must not take away what was put on hold since, nor a backup what was done since. */
const staysAsItIs = (key: string): boolean =>
  isDerived(key) || key.startsWith(`${PREFIX}policies/`) || key.startsWith(`${PREFIX}audit-log/`);

export function createBackups(parts: BackupsParts): Backups {
  const { store, knowledge } = parts;
  let opening: Promise<ObjectStore> | undefined;

  async function repository() {
    opening ??= parts.open();
    // One that could not be opened is tried again.
    opening.catch(() => {
      opening = undefined;
    });
    return openRepository(await opening, "knowledge/");
  }

  async function plan({ at, into, signal }: RestoreAsked) {
    if (into?.startsWith(PREFIX) || into === "" || into?.endsWith("/") === false) {
      throw new TrestleError(
        "invalid_input",
        `into must end with / and not begin with ${PREFIX}, where the knowledge itself is: restored/, for example. Leave it out to restore over what is there.`,
      );
    }
    const kept = await repository();
    const snapshot = await findSnapshot(kept, at, { signal });
    const options = {
      ...{ prefix: PREFIX, signal },
      ...(into === undefined ? { exact: true, without: staysAsItIs } : { into }),
    };
    return { kept, snapshot, plan: await planRestore(kept, snapshot, store, options) };
  }

  return {
    create: async (options = {}) =>
      createBackup(store, await repository(), parts, {
        ...options,
        prefixes: [PREFIX],
        without: isDerived,
      }),
    list: async (call) => listSnapshots(await repository(), call),
    verify: async (options) => verifyBackup(await repository(), options),
    async planRestore(asked) {
      const { snapshot, plan: steps } = await plan(asked);
      return { snapshot, plan: steps };
    },
    async restore(asked) {
      if (asked.into === undefined) {
        const what = "Restoring over what is there (and not beside it)";
        await refuseWhileHeld(parts, what, { signal: asked.signal });
      }
      const { kept, snapshot, plan: steps } = await plan(asked);
      const result = await applyRestore(kept, store, steps, asked);
      // Versions went back, and what was deleted is there again: no index believes that by itself.
      if (asked.into === undefined)
        await knowledge.index.rebuild({ trustRecords: true, signal: asked.signal });
      return { ...result, snapshot };
    },
    prune: async (rules, options) => pruneBackups(await repository(), rules, parts, options),
    async close() {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
