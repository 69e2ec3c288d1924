import { createHash } from "node:crypto";
import { inParallel } from "../ledger/in-parallel.ts";
import { eachObject } from "../object-store/each-object.ts";
import {
  type CallOptions,
  type ObjectStore,
  ObjectStoreError,
  type PutOptions,
} from "../object-store/object-store.ts";
import { type Entry, hashOf, type Piece, type Snapshot } from "./layout.ts";
import { entriesOf, type Repository } from "./repository.ts";
import { inflatePiece } from "./verify-backup.ts";

export interface RestoreOptions extends CallOptions {
  /** Only keys that begin so; all where left out. */
  readonly prefix?: string | undefined;
  /** What `prefix` becomes in the target: restore beside what is there now. */
  readonly into?: string | undefined;
  /** Also delete what the backup does not have, below the target's prefix. */
  readonly exact?: boolean | undefined;
  /** Keys of the target that are left alone, such as what is built again. */
  readonly without?: ((key: string) => boolean) | undefined;
  readonly width?: number | undefined;
  readonly onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

export interface RestoreStep {
  readonly action: "create" | "replace" | "delete";
  /** In the target. */
  readonly key: string;
  readonly bytes: number;
  readonly entry?: Entry;
  /** What is there now, and is replaced or deleted only while it is that. */
  readonly etag?: string;
}

export interface RestorePlan {
  readonly steps: readonly RestoreStep[];
  /** Objects that are as in the backup already. */
  readonly unchanged: number;
}

export interface RestoreResult {
  readonly created: number;
  readonly replaced: number;
  readonly deleted: number;
  readonly unchanged: number;
  readonly bytes: number;
  /** Keys that somebody wrote since the plan was made; left as they are. */
  readonly conflicts: readonly string[];
}

const WIDTH = 16;

/**
 * What a restore would do. An object of the target that has another ETag, or was never in this place,
 * is compared by its bytes.
 */
export async function planRestore(
  repository: Repository,
  snapshot: Snapshot,
  target: ObjectStore,
  options: RestoreOptions = {},
): Promise<RestorePlan> {
  const { prefix = "", into = prefix, exact = false, without, width = WIDTH, signal } = options;
  const there = new Map<string, { readonly etag: string; readonly size: number }>();
  for await (const { key, etag, size } of eachObject(target, into, { signal })) {
    if (!without?.(key)) there.set(key, { etag, size });
  }

  const steps: RestoreStep[] = [];
  let unchanged = 0;
  const wanted = wantedEntries(repository, snapshot, { prefix, into, without, signal });
  await inParallel(wanted, width, async ({ key, entry }) => {
    const now = there.get(key);
    there.delete(key);
    const bytes = entry.size;
    if (!now) steps.push({ action: "create", key, bytes, entry });
    else if (now.size === bytes && (await isSame(target, key, entry, signal))) unchanged += 1;
    else steps.push({ action: "replace", key, bytes, entry, etag: now.etag });
  });
  if (exact) {
    for (const [key, { etag, size }] of there) {
      steps.push({ action: "delete", key, bytes: size, etag });
    }
  }
  return { steps: steps.sort((one, other) => (one.key < other.key ? -1 : 1)), unchanged };
}

/** Does what was planned. Every object is whole or untouched; it may be stopped, planned and run again. */
export async function applyRestore(
  repository: Repository,
  target: ObjectStore,
  { steps, unchanged }: RestorePlan,
  { width = WIDTH, onProgress, signal }: RestoreOptions = {},
): Promise<RestoreResult> {
  const counts = { create: 0, replace: 0, delete: 0 };
  const conflicts: string[] = [];
  const packs = createPackReader(repository, { signal });
  let bytes = 0;
  let done = 0;
  await inParallel(inPackOrder(steps), width, async (step) => {
    try {
      await apply(step, target, packs, signal);
      counts[step.action] += 1;
      if (step.action !== "delete") bytes += step.bytes;
    } catch (error) {
      if ((error as { code?: unknown }).code !== "precondition_failed") throw error;
      conflicts.push(step.key);
    }
    done += 1;
    onProgress?.({ done, total: steps.length });
  });
  const { create: created, replace: replaced, delete: deleted } = counts;
  return { created, replaced, deleted, unchanged, bytes, conflicts: conflicts.sort() };
}

interface Wanted {
  readonly prefix: string;
  readonly into: string;
  readonly without: RestoreOptions["without"];
  readonly signal: AbortSignal | undefined;
}

async function* wantedEntries(
  repository: Repository,
  snapshot: Snapshot,
  { prefix, into, without, signal }: Wanted,
): AsyncGenerator<{ readonly key: string; readonly entry: Entry }> {
  for await (const entry of entriesOf(repository, snapshot, { signal })) {
    if (!entry.key.startsWith(prefix)) continue;
    const key = `${into}${entry.key.slice(prefix.length)}`;
    if (!without?.(key)) yield { key, entry };
  }
}

/** Sizes are equal already; are the bytes? */
async function isSame(
  target: ObjectStore,
  key: string,
  { pieces }: Entry,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const found = await target.getStream(key, { signal });
  if (!found) return false;
  let at = 0;
  let left = pieces[0]?.bytes ?? 0;
  let hash = createHash("sha256");
  for await (const part of found.body) {
    for (let from = 0; from < part.length; ) {
      const some = part.subarray(from, from + left);
      hash.update(some);
      from += some.length;
      left -= some.length;
      if (left > 0) continue;
      if (hash.digest("hex") !== pieces[at]?.sha256) return false;
      at += 1;
      left = pieces[at]?.bytes ?? Number.POSITIVE_INFINITY;
      hash = createHash("sha256");
    }
  }
  return at === pieces.length;
}

async function apply(
  { action, key, entry, etag }: RestoreStep,
  target: ObjectStore,
  packs: PackReader,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!entry) return deleteOnly(target, key, etag, signal);
  const { contentType, metadata, pieces } = entry;
  const when = action === "create" || etag === undefined ? ("absent" as const) : { etag };
  const options: PutOptions = { when, contentType, metadata, signal };
  if (pieces.length > 1) await target.putStream(key, packs.stream(entry), options);
  else
    await target.put(key, pieces[0] ? await packs.read(pieces[0], key) : new Uint8Array(), options);
}

/** No bucket deletes on a condition; so it is looked at as late as can be. */
async function deleteOnly(
  target: ObjectStore,
  key: string,
  etag: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const facts = await target.head(key, { signal });
  if (!facts) return;
  if (facts.etag !== etag) throw new ObjectStoreError("precondition_failed", `${key} was changed.`);
  await target.delete(key, { signal });
}

interface PackReader {
  read(piece: Piece, object: string): Promise<Buffer>;
  stream(entry: Entry): AsyncIterable<Uint8Array>;
}

/** Packs that were read last; steps that follow each other need the same one. */
const KEPT_PACKS = 4;

function createPackReader({ store, keys }: Repository, call: CallOptions): PackReader {
  const packs = new Map<string, Promise<Uint8Array>>();

  function pack(name: string): Promise<Uint8Array> {
    const kept = packs.get(name);
    if (kept) return kept;
    const [oldest] = packs.keys();
    if (packs.size >= KEPT_PACKS && oldest !== undefined) packs.delete(oldest);
    const reading = readPack(name);
    packs.set(name, reading);
    return reading;
  }

  async function readPack(name: string): Promise<Uint8Array> {
    const key = `${keys.packs}${name}`;
    const found = await store.get(key, call);
    if (found) return found.body;
    throw new ObjectStoreError("damaged", `${key} of the backup is missing. Verify the backup.`);
  }

  async function read({ pack: name, at, length, sha256 }: Piece, object: string): Promise<Buffer> {
    const plain = inflatePiece((await pack(name)).subarray(at, at + length));
    if (plain && hashOf(plain) === sha256) return plain;
    throw new ObjectStoreError(
      "damaged",
      `${object} cannot be restored: its bytes in pack ${name} were changed. Verify the backup, and take an earlier one.`,
    );
  }

  return {
    read,
    async *stream({ key, pieces }) {
      for (const piece of pieces) yield await read(piece, key);
    },
  };
}

function inPackOrder(steps: readonly RestoreStep[]): RestoreStep[] {
  const place = ({ entry }: RestoreStep) => entry?.pieces[0]?.pack ?? "";
  return [...steps].sort((one, other) => (place(one) < place(other) ? -1 : 1));
}
