import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Only the owner may read it; whoever reads it finds the old text or the new one. */
export function writeDurably(file: string, text: string): void {
  const draft = `${file}.draft`;
  const handle = openSync(draft, "w", 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameDurably(draft, file);
}

/** Once it returns, a loss of power does not bring the old name back. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  let folder: number | undefined;
  try {
    folder = openSync(dirname(to), "r");
    fsyncSync(folder);
  } catch {
    // Some systems can not open or sync a folder.
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}

export function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
