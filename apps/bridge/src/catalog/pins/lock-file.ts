import { readFileSync } from "node:fs";
import { isTrestleError, messageOf, TrestleError } from "@trestle/protocol";
import { formatLock, type Lock, parseLock } from "./lock-text.ts";

/** What is approved, in a file beside the configuration. */
export interface LockFile {
  readonly path: string;
  /** As it was last read or written; nothing where it could never be read. */
  lock(): Lock | undefined;
  /** Why the file says nothing of what was approved, while it does not. */
  problem(): string | undefined;
  /** Reads it anew; true where it says something else now. */
  read(): boolean;
  /** Changes what it says now, all or nothing. Throws where it cannot be read or written. */
  change(change: (lock: Lock) => Lock): Promise<void>;
}

/** Somebody else may write it between the look at it and the writing. */
const TRIES = 3;

export function openLockFile(path: string): LockFile {
  let text: string | undefined;
  let lock: Lock = new Map();
  let problem: string | undefined;
  let isKnown = false;

  function read(): boolean {
    try {
      const next = textOf(path);
      if (isKnown && next === text && problem === undefined) return false;
      // One that is gone takes nothing back while we run: it is written anew with the next change.
      if (next !== undefined) lock = parseLock(next);
      [text, problem, isKnown] = [next, undefined, true];
    } catch (error) {
      const said = `${path}: cannot be read: ${messageOf(error)}.`;
      if (said === problem) return false;
      // What it said before is what was approved.
      problem = said;
    }
    return true;
  }

  async function change(work: (lock: Lock) => Lock): Promise<void> {
    const { replaceFile } = await import("../../config/import/atomic-file.ts");
    for (let left = TRIES; ; left -= 1) {
      read();
      if (problem !== undefined) {
        throw new TrestleError("conflict", `${problem} Mend it first: nothing was written.`);
      }
      const next = work(lock);
      const wanted = formatLock(next);
      if (wanted === text) return;
      try {
        replaceFile(path, text, wanted);
        [text, lock] = [wanted, next];
        return;
      } catch (error) {
        if (left === 1 || !isTrestleError(error) || textOf(path) === text) throw error;
      }
    }
  }

  read();
  return { path, lock: () => (isKnown ? lock : undefined), problem: () => problem, read, change };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
