import { readdir, stat } from "node:fs/promises";
import { systemClock } from "@trestle/protocol";
import { errnoOf } from "./errors.ts";
import { type KeyBytes, namesOfSegment, parseName } from "./key-names.ts";

/** A file or a folder, by the part of the key that it stands for. */
export interface Entry {
  /** Its segment of the key; a folder's with the slash. */
  readonly order: KeyBytes;
  readonly isFolder: boolean;
  /** From the folder that was read. */
  readonly names: readonly string[];
}

/** The entries of a folder, in the order of keys. */
export interface NamesCache {
  /** None where there is no such folder. */
  read(folder: string): Promise<readonly Entry[]>;
}

/** Smaller folders are read as fast as they are remembered. */
const WORTH_KEEPING = 200;
const FOLDERS_KEPT = 8;
/**
 * A folder's time tells of every name that came or went, if not twice within the grain of the clock of
 * the file system: so it is believed only where the folder had rested so long when it was read.
 */
const REST_MS = 2_000;

/** The pages of one long list need not read its folder again for each. */
export function createNamesCache(): NamesCache {
  const kept = new Map<string, { readonly mtimeNs: bigint; readonly entries: readonly Entry[] }>();

  return {
    async read(folder) {
      // Not an injected clock: it is compared with times that the file system gave.
      const before = systemClock.now();
      const mtimeNs = await timeOf(folder);
      const known = kept.get(folder);
      kept.delete(folder);
      if (mtimeNs === undefined) return [];
      if (known?.mtimeNs === mtimeNs) {
        kept.set(folder, known);
        return known.entries;
      }
      const entries = await readEntries(folder);
      const isAtRest = mtimeNs < BigInt(Math.floor(before - REST_MS)) * 1_000_000n;
      // What comes to a folder where long segments go on does not touch the time of this one.
      const isFlat = entries.every(({ names }) => names.length === 1);
      const isWorth = isFlat && entries.length >= WORTH_KEEPING;
      if (isWorth && isAtRest && (await timeOf(folder)) === mtimeNs) {
        kept.set(folder, { mtimeNs, entries });
        for (const oldest of kept.keys()) if (kept.size > FOLDERS_KEPT) kept.delete(oldest);
      }
      return entries;
    },
  };
}

async function timeOf(folder: string): Promise<bigint | undefined> {
  try {
    return (await stat(folder, { bigint: true })).mtimeNs;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function readEntries(folder: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  await collect(folder, { part: "", names: [] }, entries);
  return entries.sort((one, other) => (one.order < other.order ? -1 : 1));
}

interface Beginning {
  readonly part: KeyBytes;
  readonly names: readonly string[];
}

/** Also what stands in the folders where long segments go on. Leaves out what no key is named. */
async function collect(folder: string, begun: Beginning, entries: Entry[]): Promise<void> {
  for (const name of await namesIn(folder)) {
    const parsed = parseName(name);
    const part = begun.part + parsed.part;
    const names = [...begun.names, name];
    if (parsed.kind === "more") {
      await collect(`${folder}/${name}`, { part, names }, entries);
      continue;
    }
    if (namesOfSegment(part, parsed.kind).join("/") !== names.join("/")) continue;
    const isFolder = parsed.kind === "folder";
    entries.push({ order: isFolder ? `${part}/` : part, isFolder, names });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return [];
    throw error;
  }
}
