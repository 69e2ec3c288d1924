import type { Cursor } from "../store/tracker-store.ts";
import type { SourceFile } from "./source-file.ts";

/** One file that is followed, by its key: what was seen of it, and what was read. */
export interface Tailed {
  /** As it was last seen. */
  file: SourceFile;
  /** As the store holds it. */
  cursor: Cursor | undefined;
  /** Up to where an unfinished line that is too long was looked at. */
  scanned: number;
  /** What it was like when all of it had been read; undefined before. */
  read: { readonly size: number; readonly mtimeMs: number; readonly isQuiet: boolean } | undefined;
  /** Bytes behind the last full line. */
  unfinished: number;
  /** It was delivered that nothing comes any more. */
  isSilenceTold: boolean;
  /** Perhaps its last line waits for one that belongs to it. */
  isWaiting: boolean;
  /** When it was last seen to change. */
  changedAt: number;
  /** Not to be read before: something failed. */
  notBefore: number;
  /** What becomes of another file decides where it begins. */
  isUndecided: boolean;
  failures: number;
  /** It is no file of its source any more: what is left of it is read, then it is forgotten. */
  isLeftOver: boolean;
}

/** After so long without a change, lines that belong together are all there: they are written in one go. */
export const SETTLED_MS = 300;
/** After so long without a change the last line of a file is as long as it will be. */
const QUIET_MS = 5_000;
/** After so long without a change nobody goes on with what the file tells of. */
export const SILENT_MS = 1_800_000;
/** A file that changed within this time is looked at every second. */
export const HOT_MS = 3_600_000;

export function toTailed(file: SourceFile, cursor: Cursor | undefined, now: number): Tailed {
  return {
    file,
    cursor,
    scanned: 0,
    read: undefined,
    unfinished: 0,
    isSilenceTold: false,
    isWaiting: cursor !== undefined && file.cut === "text-lines",
    changedAt: Math.min(now, file.mtimeMs),
    notBefore: 0,
    isUndecided: false,
    failures: 0,
    isLeftOver: false,
  };
}

/** Takes in how a file looks now. */
export function see(tailed: Tailed, file: SourceFile, now: number): void {
  const { size, mtimeMs } = tailed.file;
  if (file.size !== size || file.mtimeMs !== mtimeMs) {
    tailed.changedAt = now;
    tailed.isSilenceTold = false;
  }
  tailed.file = file;
}

export function isSettled(tailed: Tailed, now: number): boolean {
  return now - tailed.changedAt >= SETTLED_MS;
}

export function isQuiet(tailed: Tailed, now: number): boolean {
  return now - tailed.changedAt >= QUIET_MS;
}

/** Logs never end. */
export function isSilent(tailed: Tailed, now: number): boolean {
  return tailed.file.cut !== "text-lines" && now - tailed.changedAt >= SILENT_MS;
}

export function isHot({ file }: Tailed, now: number): boolean {
  return now - file.mtimeMs < HOT_MS;
}

/** May something of it not be read yet? */
export function isUnread(tailed: Tailed, now: number): boolean {
  const { read, file, unfinished, notBefore } = tailed;
  if (now < notBefore) return false;
  if (read === undefined || read.size !== file.size || read.mtimeMs !== file.mtimeMs) return true;
  if (tailed.isWaiting && isSettled(tailed, now)) return true;
  if (!tailed.isSilenceTold && isSilent(tailed, now)) return true;
  return unfinished > 0 && !read.isQuiet && isQuiet(tailed, now);
}
