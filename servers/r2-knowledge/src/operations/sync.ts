import { type Clock, type Logger, TrestleError } from "@trestle/protocol";
import type { Config } from "../config.ts";
import { refuseWhileHeld } from "../knowledge/holds.ts";
import type { KnowledgeStore } from "../knowledge/knowledge-store.ts";
import { openKnowledge } from "../knowledge/open-knowledge.ts";
import type { CallOptions, ObjectStore } from "../object-store/object-store.ts";
import { openStore, type Place, placeOf } from "../open-store.ts";
import type { SyncRules } from "../sync/plan-sync.ts";
import { runSync, type SyncResult } from "../sync/run-sync.ts";
import { sealed } from "./sealing.ts";

export interface SyncParts {
  readonly config: Config;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: ObjectStore;
  readonly knowledge: KnowledgeStore;
}

export interface SyncAsked extends CallOptions {
  readonly rules: SyncRules;
  readonly dryRun: boolean;
  readonly onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

const PREFIX = "mcp/";
/** Made of the records on each side, or what concerns one side only: each has holds of its own. */
const isOwn = (key: string): boolean =>
  /^(audit-log|indexes|metrics|policies|sync|events|webhooks)\//.test(key);

/**
 * Keeps the records of another place equal with these, and then makes the indexes anew of
 * whichever side got something: what was deleted there may be there again.
 *
 * @throws TrestleError `unsupported` where no other place is configured, `invalid_config` where it is this one
 */
export async function syncKnowledge(
  { config, dataDir, clock, log, store, knowledge }: SyncParts,
  { rules, dryRun, onProgress, signal }: SyncAsked,
): Promise<SyncResult> {
  const other = sealed(await openStore(otherPlace(config, dataDir), clock), config, dataDir);
  if (store.description === other.description) {
    await other.close();
    throw new TrestleError(
      "invalid_config",
      `The other place is this one, the ${other.description}: nothing would be kept twice. Who runs this server sets KNOWLEDGE_SYNC_BUCKET or KNOWLEDGE_SYNC_DIR to another.`,
    );
  }
  // Closes that store, too.
  const theirs = openKnowledge({ store: other, clock, log, autoCompact: false });
  try {
    if (rules.deletes && !dryRun) {
      for (const side of [store, other])
        await refuseWhileHeld({ store: side, clock }, "Letting deletions travel", { signal });
    }
    const result = await runSync({
      source: { store, prefix: PREFIX },
      target: { store: other, prefix: PREFIX },
      // Beside the target's records: it is remembered with the copy, wherever it is made from.
      state: { store: other, key: `${PREFIX}sync/${stateName(store)}.ndjson.gz` },
      ...{ rules, dryRun, signal, onProgress, without: isOwn },
    });
    const { copied, deleted } = result;
    if (!dryRun && copied.toTarget + deleted.inTarget > 0)
      await theirs.index.rebuild({ trustRecords: true, signal });
    if (!dryRun && copied.toSource + deleted.inSource > 0)
      await knowledge.index.rebuild({ trustRecords: true, signal });
    return result;
  } finally {
    await theirs.close();
  }
}

function otherPlace(config: Config, dataDir: string): Place {
  const { syncDir, syncBucket, syncEndpoint, syncAccessKeyId, syncSecretAccessKey } = config;
  if (syncDir !== undefined) return { kind: "folder", path: syncDir };
  if (syncBucket === undefined) {
    throw new TrestleError(
      "unsupported",
      "No other place is configured. Who runs this server sets KNOWLEDGE_SYNC_BUCKET (and its endpoint and key where they differ) or KNOWLEDGE_SYNC_DIR.",
    );
  }
  const endpoint = syncEndpoint ?? config.endpoint;
  return placeOf(
    {
      ...config,
      bucket: syncBucket,
      accessKeyId: syncAccessKeyId ?? config.accessKeyId,
      secretAccessKey: syncSecretAccessKey ?? config.secretAccessKey,
      ...(endpoint === undefined ? {} : { endpoint }),
    },
    dataDir,
  );
}

/** Of the source, so that several may be kept equal with one target. */
function stateName({ description }: ObjectStore): string {
  return description.replaceAll(/[^A-Za-z0-9]+/g, "-").slice(0, 200);
}
