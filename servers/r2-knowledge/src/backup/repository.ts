import { TrestleError } from "@trestle/protocol";
import { inParallel } from "../ledger/in-parallel.ts";
import { eachObject } from "../object-store/each-object.ts";
import {
  type CallOptions,
  type ObjectFacts,
  type ObjectStore,
  ObjectStoreError,
} from "../object-store/object-store.ts";
import {
  type BackupKeys,
  backupKeys,
  decodeSnapshot,
  decodeTree,
  type Entry,
  isNamedByHash,
  type Snapshot,
} from "./layout.ts";

/** Where backups are kept: a store, and the prefix below which they are its only users. */
export interface Repository {
  readonly store: ObjectStore;
  readonly prefix: string;
  readonly keys: BackupKeys;
}

export interface KeptSnapshot extends Snapshot {
  readonly key: string;
}

/** @param prefix empty, or ending with a slash. To seal a backup, give a store that seals. */
export function openRepository(store: ObjectStore, prefix = ""): Repository {
  if (prefix !== "" && !prefix.endsWith("/")) {
    throw new ObjectStoreError("bad_key", `The prefix of backups must end with /: ${prefix}/.`);
  }
  return { store, prefix, keys: backupKeys(prefix) };
}

/** Oldest first. */
export async function listSnapshots(
  repository: Repository,
  call: CallOptions = {},
): Promise<KeptSnapshot[]> {
  const keys = await listKeys(repository.store, repository.keys.snapshots, call);
  const snapshots: KeptSnapshot[] = [];
  for (const { key } of keys) {
    const body = await readNamed(repository.store, key, call);
    if (body) snapshots.push({ key, ...decodeSnapshot(key, body) });
  }
  return snapshots;
}

/** The newest that was finished by then. @param at milliseconds since 1970; the newest of all where left out */
export async function findSnapshot(
  repository: Repository,
  at: number = Number.POSITIVE_INFINITY,
  call: CallOptions = {},
): Promise<KeptSnapshot> {
  const snapshots = await listSnapshots(repository, call);
  const found = snapshots.findLast(({ finished }) => finished <= at);
  if (found) return found;
  const [oldest] = snapshots;
  const have = oldest
    ? `The oldest one is of ${new Date(oldest.finished).toISOString()}.`
    : "There is no backup yet.";
  throw new TrestleError("not_found", `No backup was finished by that time. ${have}`);
}

async function readTree(
  { store, keys }: Repository,
  hash: string,
  call: CallOptions = {},
): Promise<Entry[]> {
  const key = `${keys.trees}${hash}`;
  const body = await readNamed(store, key, call);
  if (!body) throw new ObjectStoreError("damaged", `${key} of the backup is missing.`);
  return decodeTree(key, body);
}

/** All objects of a snapshot in the order of their keys. */
export async function* entriesOf(
  repository: Repository,
  { trees }: Snapshot,
  call: CallOptions = {},
): AsyncGenerator<Entry> {
  for (const hash of trees) yield* await readTree(repository, hash, call);
}

/** Every tree that is listed by one of the snapshots, once. */
export async function eachTree(
  repository: Repository,
  snapshots: readonly Snapshot[],
  work: (entries: readonly Entry[]) => void,
  call: CallOptions = {},
): Promise<void> {
  const hashes = new Set(snapshots.flatMap(({ trees }) => trees));
  await inParallel(hashes, 8, async (hash) => work(await readTree(repository, hash, call)));
}

/** The body, if it is the one that its name stands for. @throws ObjectStoreError `damaged` */
async function readNamed(
  store: ObjectStore,
  key: string,
  call: CallOptions = {},
): Promise<Uint8Array | undefined> {
  const body = (await store.get(key, call))?.body;
  if (!body || isNamedByHash(key, body)) return body;
  throw new ObjectStoreError("damaged", `${key} of the backup was changed after it was written.`);
}

export async function listKeys(
  store: ObjectStore,
  prefix: string,
  call: CallOptions = {},
): Promise<ObjectFacts[]> {
  return Array.fromAsync(eachObject(store, prefix, call));
}
