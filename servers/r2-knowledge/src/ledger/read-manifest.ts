import type { ObjectStore } from "../object-store/object-store.ts";
import { corrupt, LedgerError } from "./errors.ts";
import type { LedgerKeys } from "./keys.ts";
import { listAll } from "./listing.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import { type Patience, patiently } from "./patience.ts";

/** What stands in the manifest's place. */
export interface FoundManifest {
  readonly manifest: Manifest | undefined;
  /** Of the object, whether it can be read or not; undefined where there is none. */
  readonly etag: string | undefined;
  /** Why it cannot be used. */
  readonly damage: LedgerError | undefined;
}

export interface ManifestParts {
  readonly store: ObjectStore;
  readonly keys: LedgerKeys;
  readonly patience: Patience;
}

/** Asks for the body only where it is not the one that was read before. */
export async function readManifest(
  { store, keys, patience }: ManifestParts,
  before?: FoundManifest,
): Promise<FoundManifest> {
  const key = keys.manifest;
  if (before?.etag !== undefined) {
    const facts = await patiently(patience, (signal) => store.head(key, { signal }));
    if (facts?.etag === before.etag) return before;
  }
  const found = await patiently(patience, (signal) => store.get(key, { signal }));
  if (found === undefined) {
    const damage = (await lastNumber({ store, keys, patience })) > 1 ? lost(key) : undefined;
    return { manifest: undefined, etag: undefined, damage };
  }
  try {
    return { manifest: parseManifest(key, found.body), etag: found.etag, damage: undefined };
  } catch (error) {
    const damage = corrupt(key, error);
    if (damage.code === "newer_format") throw damage;
    return { manifest: undefined, etag: found.etag, damage };
  }
}

/** The highest number of a snapshot; 0 where there is none. */
export async function lastNumber({ store, keys, patience }: ManifestParts): Promise<number> {
  let last = 0;
  for await (const { key } of listAll(store, keys.snapshots, patience)) {
    last = Math.max(last, keys.parseSnapshot(key) ?? 0);
  }
  return last;
}

/** The first snapshot is there before the first manifest; a second one is not. */
function lost(key: string): LedgerError {
  return new LedgerError(
    "corrupt",
    `${key} is missing, though there are snapshots. The records are whole: rebuild the index from them.`,
  );
}
