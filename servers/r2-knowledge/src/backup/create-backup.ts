import { createHash } from "node:crypto";
import type { Clock } from "@trestle/protocol";
import { inParallel } from "../ledger/in-parallel.ts";
import { eachObject } from "../object-store/each-object.ts";
import type { CallOptions, ObjectFacts, ObjectStore } from "../object-store/object-store.ts";
import {
  type Entry,
  encodeSnapshot,
  encodeTree,
  FORMAT,
  hashOf,
  PIECE_BYTES,
  type Piece,
  type Snapshot,
  snapshotName,
} from "./layout.ts";
import { lockRepository, type RepositoryLock } from "./locks.ts";
import { createPackWriter, type PackWriter } from "./pack-writer.ts";
import {
  eachTree,
  entriesOf,
  type KeptSnapshot,
  listSnapshots,
  type Repository,
} from "./repository.ts";

export interface BackupParts {
  readonly clock: Pick<Clock, "now">;
  readonly ids: { next(): string };
}

export interface BackupOptions extends CallOptions {
  /** What to keep; everything where left out. */
  readonly prefixes?: readonly string[] | undefined;
  /** Keys that are left out, such as what can be built again. */
  readonly without?: ((key: string) => boolean) | undefined;
  /** Objects read at once. */
  readonly width?: number | undefined;
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
}

export interface BackupProgress {
  readonly objects: number;
  /** Of these, objects that are as in the newest backup, and were not read. */
  readonly unchanged: number;
  readonly bytes: number;
}

export interface BackupResult extends BackupProgress {
  readonly snapshot: KeptSnapshot;
  /** Bytes that this backup added to the repository's packs. */
  readonly written: number;
}

const DEFAULT_WIDTH = 16;
/** One in so many keys ends a tree, so that trees without a change are the same ones again. */
const TREE_CUT = 256;

/**
 * Keeps every object below the prefixes as it is now. Only what changed since the newest backup is read
 * (other ETag, size or time), and only bytes that no backup holds are written. A backup that breaks off
 * leaves nothing but packs that the next one uses or a prune takes away.
 */
export async function createBackup(
  source: ObjectStore,
  repository: Repository,
  { clock, ids }: BackupParts,
  options: BackupOptions = {},
): Promise<BackupResult> {
  const { signal } = options;
  const id = ids.next();
  const lock = await lockRepository(repository, "backup", { clock, id });
  try {
    const started = clock.now();
    const before = await listSnapshots(repository, { signal });
    const known = await knownPieces(repository, before);
    const old = await oldEntries(repository, before.at(-1), known);
    const packs = createPackWriter(repository, known, { signal });
    const reader = createReader(source, packs, old, signal);
    const entries = await readAll(source, reader, lock, options);
    await packs.flush();
    const trees = await writeTrees(repository, entries, { signal });
    await lock.check();
    const snapshot = await writeSnapshot(repository, {
      format: FORMAT,
      id,
      started,
      finished: clock.now(),
      source: source.description,
      prefixes: [...(options.prefixes ?? [""])],
      trees,
      objects: entries.length,
      bytes: entries.reduce((sum, { size }) => sum + size, 0),
    });
    await keepOnlyIfLocked(repository, snapshot, lock);
    return { ...reader.progress(), snapshot, written: packs.written };
  } finally {
    await lock.release();
  }
}

/** A prune that took this backup for dead may have taken its packs: then there is no such backup. */
async function keepOnlyIfLocked(
  { store }: Repository,
  { key }: KeptSnapshot,
  lock: RepositoryLock,
): Promise<void> {
  try {
    await lock.check();
  } catch (error) {
    await store.delete(key);
    throw error;
  }
}

/** The pieces that are kept, by their SHA-256. What was in a pack that is gone is not: it is read again. */
async function knownPieces(
  repository: Repository,
  snapshots: readonly Snapshot[],
): Promise<Map<string, Piece>> {
  const packs = new Set<string>();
  for await (const { key } of eachObject(repository.store, repository.keys.packs)) {
    packs.add(key.slice(repository.keys.packs.length));
  }
  const known = new Map<string, Piece>();
  await eachTree(repository, snapshots, (entries) => {
    for (const { pieces } of entries) {
      for (const piece of pieces) if (packs.has(piece.pack)) known.set(piece.sha256, piece);
    }
  });
  return known;
}

/** What the newest backup has whole, by key. */
async function oldEntries(
  repository: Repository,
  newest: Snapshot | undefined,
  known: ReadonlyMap<string, Piece>,
): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  if (!newest) return entries;
  for await (const entry of entriesOf(repository, newest)) {
    const isWhole = entry.pieces.every(({ sha256, pack }) => known.get(sha256)?.pack === pack);
    if (isWhole) entries.set(entry.key, entry);
  }
  return entries;
}

interface Reader {
  /** Undefined for an object that went while it was to be read. */
  read(facts: ObjectFacts): Promise<Entry | undefined>;
  progress(): BackupProgress;
}

function createReader(
  source: ObjectStore,
  packs: PackWriter,
  known: ReadonlyMap<string, Entry>,
  signal: AbortSignal | undefined,
): Reader {
  const progress = { objects: 0, unchanged: 0, bytes: 0 };

  async function readAgain({ key, ...listed }: ObjectFacts): Promise<Entry | undefined> {
    const found = await source.getStream(key, { signal });
    if (!found) return undefined;
    const { etag, contentType, metadata } = found;
    // A list and an answer's header may tell the time to another precision; the next backup compares lists.
    const modified = etag === listed.etag ? listed.modified : found.modified;
    const { pieces, size } = await keepPieces(found.body, packs);
    return { key, size, modified, etag, contentType, metadata, pieces };
  }

  return {
    async read(facts) {
      const old = known.get(facts.key);
      const isSame =
        old?.etag === facts.etag && old.size === facts.size && old.modified === facts.modified;
      const entry = isSame ? old : await readAgain(facts);
      if (!entry) return undefined;
      progress.objects += 1;
      progress.bytes += entry.size;
      if (isSame) progress.unchanged += 1;
      return entry;
    },
    progress: () => ({ ...progress }),
  };
}

async function keepPieces(body: AsyncIterable<Uint8Array>, packs: PackWriter) {
  const pieces: Piece[] = [];
  let held: Uint8Array[] = [];
  let bytes = 0;
  let size = 0;
  const cut = async () => {
    pieces.push(await packs.add(Buffer.concat(held)));
    held = [];
    bytes = 0;
  };
  for await (const part of body) {
    size += part.length;
    for (let at = 0; at < part.length; ) {
      const some = part.subarray(at, at + PIECE_BYTES - bytes);
      held.push(some);
      bytes += some.length;
      at += some.length;
      if (bytes === PIECE_BYTES) await cut();
    }
  }
  if (bytes > 0) await cut();
  return { pieces, size };
}

async function readAll(
  source: ObjectStore,
  reader: Reader,
  lock: RepositoryLock,
  { prefixes = [""], without, width = DEFAULT_WIDTH, onProgress, signal }: BackupOptions,
): Promise<Entry[]> {
  const entries = new Map<string, Entry>();
  for (const prefix of prefixes) {
    await inParallel(eachObject(source, prefix, { signal }), width, async (facts) => {
      if (without?.(facts.key) || entries.has(facts.key)) return;
      const entry = await reader.read(facts);
      if (entry) entries.set(entry.key, entry);
      await lock.renew();
      onProgress?.(reader.progress());
    });
  }
  return [...entries.values()].sort((one, other) => (one.key < other.key ? -1 : 1));
}

async function writeTrees(
  { store, keys }: Repository,
  entries: readonly Entry[],
  call: CallOptions,
): Promise<string[]> {
  const names: string[] = [];
  await inParallel(cutTrees(entries).entries(), 8, async ([index, tree]) => {
    const body = encodeTree(tree);
    const name = hashOf(body);
    names[index] = name;
    const key = `${keys.trees}${name}`;
    if (!(await store.head(key, call))) await store.put(key, body, call);
  });
  return names;
}

/** Cuts behind keys whose hash says so: an object more or less changes one tree, and no other. */
function cutTrees(entries: readonly Entry[]): Entry[][] {
  const trees: Entry[][] = [];
  let tree: Entry[] = [];
  for (const entry of entries) {
    tree.push(entry);
    if (createHash("sha256").update(entry.key).digest().readUInt32BE() % TREE_CUT === 0) {
      trees.push(tree);
      tree = [];
    }
  }
  if (tree.length > 0) trees.push(tree);
  return trees;
}

async function writeSnapshot(
  { store, keys }: Repository,
  snapshot: Snapshot,
): Promise<KeptSnapshot> {
  const body = encodeSnapshot(snapshot);
  const key = `${keys.snapshots}${snapshotName(snapshot.finished, body)}`;
  await store.put(key, body, { when: "absent", contentType: "application/json" });
  return { key, ...snapshot };
}
