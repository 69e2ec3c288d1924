import { statSync } from "node:fs";
import type { Cursor } from "../store/tracker-store.ts";
import { holds, isRotatedName, marksAt, rotatedFrom } from "./copies.ts";
import { markLength } from "./fingerprint.ts";
import type { Marks, Piece } from "./reading.ts";
import { fileKey, type SourceFile } from "./source-file.ts";
import type { Tailed } from "./tailed.ts";

export interface AdoptionOptions {
  readonly host: string;
  /** Of all files that were ever read, by key. */
  readonly cursors: ReadonlyMap<string, Cursor>;
  /** Is it being read just now? Then its cursor is about to move. */
  isBusy(key: string): boolean;
  /** Files that have no cursor yet. */
  unread(): Iterable<SourceFile>;
  /** Stores a cursor for a file that has none, without any line. */
  store(tailed: Tailed, piece: Piece): Promise<void>;
  /** Follows a file that is perhaps no file of its source. */
  follow(file: SourceFile): Tailed;
}

/** Copies of logs go on where the log was read: nothing of them is read twice, and nothing is left out. */
export interface Adoption {
  /**
   * Gives a file without a cursor that of the log it is a copy of. True where it has to wait, since the log itself
   * is still there and read: for the end of the copying, or for what becomes of the log.
   */
  waits(tailed: Tailed, isQuiet: boolean): Promise<boolean>;
  /** A log was truncated: its copy, if there is one, is read on from where the log was read. */
  rescue(tailed: Tailed): Promise<void>;
}

export function createAdoption({
  host,
  cursors,
  isBusy,
  unread,
  store,
  follow,
}: AdoptionOptions): Adoption {
  /** Files that were seen to be the beginning of a log: with its key, and how long they were. */
  const beginnings = new Map<string, { readonly of: string; readonly size: number }>();

  function adopt(tailed: Tailed, place: Pick<Cursor, "offset" | "begunAt"> & Marks): Promise<void> {
    const { file } = tailed;
    const { key, source, path } = file;
    const { offset, head, tail, begunAt } = place;
    const headLength = markLength(offset);
    const cursor: Cursor = { key, source, path, offset, head, headLength, tail, begunAt };
    const nothing = {
      lines: [],
      skipped: new Map(),
      // What another file under the same key was waiting for will not come.
      isRestart: tailed.cursor !== undefined,
      isQuiet: false,
      isSilent: false,
    };
    beginnings.delete(key);
    return store(tailed, { file, expected: tailed.cursor, cursor, ...nothing });
  }

  /** All of it was read in the log. */
  async function adoptWhole(tailed: Tailed, size: number, begunAt: number): Promise<void> {
    const marks = await marksAt(tailed.file.path, size);
    if (marks !== undefined) await adopt(tailed, { offset: size, begunAt, ...marks });
  }

  async function isBeginning(
    { path, size }: SourceFile,
    original: { readonly path: string },
  ): Promise<boolean> {
    const own = await marksAt(path, size);
    const other = await marksAt(original.path, size);
    return own !== undefined && own.head === other?.head && own.tail === other.tail;
  }

  function originalsOf({ source, path, key }: SourceFile): readonly Cursor[] {
    return [...cursors.values()].filter(
      (cursor) =>
        cursor.offset > 0 &&
        cursor.key !== key &&
        cursor.source === source &&
        isRotatedName(path, cursor.path),
    );
  }

  /** Of two files that are both new, the shorter name is that of the log. */
  async function isCopyOfUnread(file: SourceFile): Promise<boolean> {
    for (const other of unread()) {
      const isOriginal =
        other.source === file.source &&
        other.path.length < file.path.length &&
        isRotatedName(file.path, other.path);
      if (!isOriginal) continue;
      const isCopy = await isBeginning(file, other);
      if (isCopy) beginnings.set(file.key, { of: other.key, size: file.size });
      if (isCopy || isBusy(other.key)) return true;
    }
    return false;
  }

  return {
    async waits(tailed, isQuiet) {
      const { file } = tailed;
      if (file.cut !== "text-lines" || file.size === 0) return false;
      if (await isCopyOfUnread(file)) return true;
      for (const original of originalsOf(file)) {
        const isThere = keyAt(original.path, host) === original.key;
        if (isThere && (await isBeginning(file, original))) {
          // A log that was begun anew has not been read as far as its cursor says.
          const isRead = original.offset >= file.size && (await holds(original.path, original));
          beginnings.set(file.key, { of: original.key, size: file.size });
          if (!isRead || !isQuiet) return true;
          await adoptWhole(tailed, file.size, original.begunAt);
          return false;
        }
        if (!(await holds(file.path, original))) {
          // Perhaps what is in the copy is what is read of the log just now.
          if (isBusy(original.key) || cursors.get(original.key) !== original) return true;
          continue;
        }
        // Where the log goes on, or was read meanwhile, it has to be looked at again.
        const goesOn = isThere && (await holds(original.path, original));
        const isSteady = cursors.get(original.key) === original && !isBusy(original.key);
        if (goesOn || !isSteady) return true;
        await adopt(tailed, original);
        return false;
      }
      return false;
    },
    async rescue({ file, cursor }) {
      if (file.cut !== "text-lines" || cursor === undefined || cursor.offset === 0) return;
      for (const path of await rotatedFrom(file.path)) {
        const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
        if (stats?.isFile() !== true) continue;
        const key = fileKey(host, stats);
        const known = cursors.get(key);
        if (known !== undefined && !(await isOfAnother({ path, cut: file.cut }, known))) continue;
        const size = Number(stats.size);
        const copy: SourceFile = { ...file, path, key, size, mtimeMs: Number(stats.mtimeMs) };
        const beginning = beginnings.get(key);
        const isWhole = beginning?.of === file.key && beginning.size === size;
        if (await holds(path, cursor)) await adopt(follow(copy), cursor);
        else if (isWhole && size <= cursor.offset) {
          await adoptWhole(follow(copy), size, cursor.begunAt);
        }
      }
    },
  };
}

/**
 * Is the cursor that of a file which was deleted, and whose inode this one was given? At the path where it was read a
 * file may have been truncated; under another name it holds what was read, or is another.
 */
export async function isOfAnother(
  { path, cut }: Pick<SourceFile, "path" | "cut">,
  cursor: Cursor,
): Promise<boolean> {
  return cut === "text-lines" && cursor.path !== path && !(await holds(path, cursor));
}

function keyAt(path: string, host: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? undefined : fileKey(host, stats);
}
