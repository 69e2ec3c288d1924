import { lstatSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ListOptions, ListPage, ObjectFacts } from "../object-store.ts";
import { fromKeyBytes, type KeyBytes, toKeyBytes } from "./key-names.ts";
import type { Entry, NamesCache } from "./names-cache.ts";
import { versionOf } from "./versions.ts";

const PAGE = 1_000;
/** A file's facts are in memory nearly always: asking for so many of them takes less than a millisecond. */
const FILES_A_TURN = 50;

interface Walk {
  readonly names: NamesCache;
  readonly prefix: KeyBytes;
  readonly after: KeyBytes | undefined;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
  /** In order; one more than the page has room for, where there is one more. */
  readonly found: ObjectFacts[];
  looked: number;
}

/** One page of the keys below `root`. */
export async function listPage(
  root: string,
  names: NamesCache,
  { prefix, options }: { prefix: string; options: ListOptions },
): Promise<ListPage> {
  const limit = Math.min(Math.max(1, options.limit ?? PAGE), PAGE);
  const walk: Walk = {
    names,
    prefix: toKeyBytes(prefix),
    after: options.after === undefined ? undefined : toKeyBytes(options.after),
    limit,
    signal: options.signal,
    found: [],
    looked: 0,
  };
  await visit(walk, root, "");
  const objects = walk.found.slice(0, limit);
  return { objects, next: walk.found.length > limit ? objects.at(-1)?.key : undefined };
}

/** Collects what lies in the folder whose keys begin with `base`. */
async function visit(walk: Walk, folder: string, base: KeyBytes): Promise<void> {
  const entries = await walk.names.read(folder);
  for (let at = firstOf(entries, base, walk); at < entries.length; at += 1) {
    const entry = entries[at];
    if (!entry) return;
    const whole = base + entry.order;
    if (isPast(walk, whole)) return;
    if (entry.isFolder) {
      if (mayHoldSome(walk, whole)) await enter(walk, join(folder, ...entry.names), whole);
    } else if (isWanted(walk, whole)) {
      await look(walk, join(folder, ...entry.names), whole);
    }
    if (walk.found.length > walk.limit) return;
  }
}

async function enter(walk: Walk, folder: string, base: KeyBytes): Promise<void> {
  walk.signal?.throwIfAborted();
  // Not through a symbolic link.
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) await visit(walk, folder, base);
}

async function look(walk: Walk, file: string, key: KeyBytes): Promise<void> {
  walk.looked += 1;
  if (walk.looked % FILES_A_TURN === 0) {
    await nextTurn();
    walk.signal?.throwIfAborted();
  }
  const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  if (!stats?.isFile()) return;
  const { etag, size, modified } = versionOf(stats);
  walk.found.push({ key: fromKeyBytes(key), etag, size, modified });
}

function isWanted({ prefix, after }: Walk, key: KeyBytes): boolean {
  return key.startsWith(prefix) && (after === undefined || key > after);
}

function mayHoldSome({ prefix, after }: Walk, base: KeyBytes): boolean {
  if (!base.startsWith(prefix) && !prefix.startsWith(base)) return false;
  return after === undefined || base > after || after.startsWith(base);
}

/** Neither this one nor any after it begins with the prefix. */
function isPast({ prefix }: Walk, whole: KeyBytes): boolean {
  return whole > prefix && !whole.startsWith(prefix);
}

/** The first entry that may matter: the folder on the way to where the list begins, or what comes after. */
function firstOf(entries: readonly Entry[], base: KeyBytes, { prefix, after = "" }: Walk): number {
  const start = after > prefix ? after : prefix;
  if (!start.startsWith(base)) return 0;
  const rest = start.slice(base.length);
  const slash = rest.indexOf("/");
  const first = slash < 0 ? rest : rest.slice(0, slash + 1);
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.order ?? "") < first) low = middle + 1;
    else high = middle;
  }
  return low;
}
