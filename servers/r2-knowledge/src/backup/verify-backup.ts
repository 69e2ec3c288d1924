import type { Buffer } from "node:buffer";
import { inflateRawSync } from "node:zlib";
import { inParallel } from "../ledger/in-parallel.ts";
import { eachObject } from "../object-store/each-object.ts";
import type { CallOptions } from "../object-store/object-store.ts";
import {
  decodeSnapshot,
  decodeTree,
  type Entry,
  hashOf,
  isNamedByHash,
  type Piece,
} from "./layout.ts";
import type { Repository } from "./repository.ts";

export interface BackupFinding {
  readonly problem: "damaged" | "missing";
  /** The snapshot, tree or pack. */
  readonly key: string;
  readonly detail: string;
  /** Objects of any snapshot that cannot be restored because of it; at most ten are named. */
  readonly objects: readonly string[];
}

export interface VerifyResult {
  readonly snapshots: number;
  readonly trees: number;
  readonly packs: number;
  /** Packs that no snapshot uses: a backup that broke off, or a pruned one. */
  readonly unused: number;
  readonly bytes: number;
  readonly findings: readonly BackupFinding[];
}

export interface VerifyOptions extends CallOptions {
  readonly onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

const WIDTH = 4;
const NAMED = 10;

/** Reads all that a repository holds, and tells every byte that is not as it was written. */
export async function verifyBackup(
  repository: Repository,
  { signal, onProgress }: VerifyOptions = {},
): Promise<VerifyResult> {
  const { store, keys } = repository;
  const findings: BackupFinding[] = [];
  const read = createReading(repository, findings, { signal });

  const trees = new Set<string>();
  const snapshots = await read.all(keys.snapshots, (name, body) => {
    for (const tree of decodeSnapshot(name, body).trees) trees.add(`${keys.trees}${tree}`);
  });

  const uses = new Map<string, Use[]>();
  const treeNames = await read.all(keys.trees, (name, body) => {
    for (const entry of decodeTree(name, body)) noteUses(uses, entry, keys.packs);
  });
  for (const key of trees) if (!treeNames.has(key)) findings.push(missing(key, []));

  const packs = await Array.fromAsync(eachObject(store, keys.packs, { signal }));
  let done = 0;
  let bytes = 0;
  await inParallel(packs, WIDTH, async ({ key, size }) => {
    const detail = await read.one(key, (_, body) => checkPieces(body, uses.get(key) ?? []));
    if (detail !== undefined) {
      findings.push({ problem: "damaged", key, detail, objects: namesOf(uses.get(key)) });
    }
    bytes += size;
    done += 1;
    onProgress?.({ done, total: packs.length });
  });

  const there = new Set(packs.map(({ key }) => key));
  for (const [key, of] of uses) if (!there.has(key)) findings.push(missing(key, namesOf(of)));
  const unused = packs.filter(({ key }) => !uses.has(key)).length;
  return {
    snapshots: snapshots.size,
    trees: treeNames.size,
    packs: packs.length,
    unused,
    bytes,
    findings,
  };
}

/** A piece of an object, in the pack of that name. */
interface Use {
  readonly object: string;
  readonly piece: Piece;
}

function noteUses(uses: Map<string, Use[]>, { key, pieces }: Entry, prefix: string): void {
  for (const piece of pieces) {
    const pack = `${prefix}${piece.pack}`;
    const of = uses.get(pack);
    if (of) of.push({ object: key, piece });
    else uses.set(pack, [{ object: key, piece }]);
  }
}

function createReading({ store }: Repository, findings: BackupFinding[], call: CallOptions) {
  /** What is wrong with it, if anything. */
  async function one(
    key: string,
    look: (name: string, body: Uint8Array) => void,
  ): Promise<string | undefined> {
    try {
      const found = await store.get(key, call);
      if (!found) return undefined; // pruned since it was listed
      if (!isNamedByHash(key, found.body)) return "Its bytes are not those that it was named by.";
      look(key, found.body);
      return undefined;
    } catch (error) {
      if ((error as { code?: unknown }).code !== "damaged") throw error;
      return (error as Error).message;
    }
  }

  /** Every object below a prefix; resolves with the keys that are there. */
  async function all(prefix: string, look: (name: string, body: Uint8Array) => void) {
    const names = new Set<string>();
    await inParallel(eachObject(store, prefix, call), WIDTH, async ({ key }) => {
      names.add(key);
      const detail = await one(key, look);
      if (detail !== undefined) findings.push({ problem: "damaged", key, detail, objects: [] });
    });
    return names;
  }

  return { one, all };
}

/** The pack is as it was written; was it written as its trees say? */
function checkPieces(pack: Uint8Array, uses: readonly Use[]): void {
  for (const { object, piece } of uses) {
    const plain = inflatePiece(pack.subarray(piece.at, piece.at + piece.length));
    if (!plain || hashOf(plain) !== piece.sha256) {
      throw Object.assign(new Error(`It does not hold ${object} as the backup's list says.`), {
        code: "damaged",
      });
    }
  }
}

/** Undefined for what was not compressed by us. */
export function inflatePiece(body: Uint8Array): Buffer | undefined {
  try {
    return inflateRawSync(body);
  } catch {
    return undefined;
  }
}

function missing(key: string, objects: readonly string[]): BackupFinding {
  return { problem: "missing", key, detail: "A backup needs it, and it is not there.", objects };
}

function namesOf(uses: readonly Use[] = []): string[] {
  return [...new Set(uses.map(({ object }) => object))].slice(0, NAMED);
}
