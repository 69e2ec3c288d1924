import { type BigIntStats, type Dirent, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type AllowedFolder, isWithin, realPath } from "../tail/open-within.ts";
import { type Problems, problemOf } from "../tail/problems.ts";
import { fileKey, type SourceFile } from "../tail/source-file.ts";
import { reachOf, type Source } from "./source.ts";

/** So many files are looked at until others get their turn. */
const AT_ONCE = 200;

export interface Found {
  readonly files: readonly SourceFile[];
  /** Folders in which files were looked for, or the one file. */
  readonly folders: readonly string[];
}

/** The files of a source as they are now. What can not be looked at is reported, and not found. */
export async function findFiles(
  source: Source,
  { host, problems }: { readonly host: string; readonly problems: Problems },
): Promise<Found> {
  const reach = reachOf(source);
  const { within } = source;
  const files: SourceFile[] = [];
  const folders: string[] = [];

  function add(path: string, relative: string): void {
    const cut = reach.cutOf(relative);
    if (cut === undefined || !mayRead(path)) return;
    const stats = statOf(path, problems);
    const file = { source: source.name, path, cut, ...(within && { within }) };
    if (stats?.isFile()) files.push(toSourceFile(file, stats, host));
  }

  /** Whoever opens it looks again; here it is told in time, and hidden files are passed over. */
  function mayRead(path: string): boolean {
    if (within === undefined || isWithin(realPath(path), within)) {
      problems.clear("outside", path);
      return true;
    }
    const isHidden = isWithin(realPath(path), visible(within));
    if (!isHidden) problems.report("outside", path);
    return false;
  }

  async function enter(folder: string, relative: string, depth: number): Promise<void> {
    const entries = await list(folder, problems);
    if (entries === undefined) return;
    folders.push(folder);
    for (const entry of entries) {
      const below = relative === "" ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) {
        const isWanted = depth < reach.depth && reach.entersFolder(below);
        if (isWanted) await enter(join(folder, entry.name), below, depth + 1);
        continue;
      }
      add(join(folder, entry.name), below);
      if (files.length % AT_ONCE === 0) await setImmediate();
    }
  }

  if (!mayRead(reach.root)) return { files, folders };
  const root = statOf(reach.root, problems, source.isAskedFor);
  if (root?.isDirectory()) await enter(reach.root, "", 1);
  else if (root?.isFile()) {
    add(reach.root, reach.root);
    folders.push(reach.root);
  }
  return { files: withoutTwins(files), folders };
}

const visible = (folders: readonly AllowedFolder[]): readonly AllowedFolder[] =>
  folders.map(({ path }) => ({ path, withHidden: true }));

/** A file as it is now; undefined where it is gone or is not to be looked at. */
export function toSourceFile(
  { source, path, cut, within }: Pick<SourceFile, "source" | "path" | "cut" | "within">,
  stats: BigIntStats,
  host: string,
): SourceFile {
  const found = { size: Number(stats.size), mtimeMs: Number(stats.mtimeMs) };
  return { source, path, cut, key: fileKey(host, stats), ...found, ...(within && { within }) };
}

async function list(folder: string, problems: Problems): Promise<Dirent[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const kind of ["not-permitted", "file-limit"] as const) problems.clear(kind, folder);
    return entries;
  } catch (error) {
    const kind = problemOf(error);
    if (kind !== "missing") problems.report(kind, folder);
    return undefined;
  }
}

/** Undefined where it is not there, which is a problem only where it is missed. */
export function statOf(
  path: string,
  problems: Problems,
  isMissed = false,
): BigIntStats | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats !== undefined) {
      problems.clear("missing", path);
    } else if (isMissed) problems.report("missing", path);
    return stats;
  } catch (error) {
    const kind = problemOf(error);
    if (kind !== "missing") problems.report(kind, path);
    return undefined;
  }
}

/** A link and what it leads to are one file. */
function withoutTwins(files: readonly SourceFile[]): readonly SourceFile[] {
  return [...new Map(files.map((file) => [file.key, file])).values()];
}
