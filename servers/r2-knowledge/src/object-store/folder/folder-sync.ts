import { open } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Brings names to the disk: returns once every name that was in the folder at the call is there for
 * good, and the folder itself. Calls of one moment share one write of the disk.
 */
export type SyncFolder = (folder: string) => Promise<void>;

export function createFolderSync(root: string): SyncFolder {
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();
  /** Folders whose own names are on the disk, by what tells them from a later one of the same name. */
  const safe = new Map<string, string>();

  async function syncNow(folder: string): Promise<void> {
    const identity = await syncOne(folder);
    if (folder === root || safe.get(folder) === identity) return;
    await sync(dirname(folder));
    safe.set(folder, identity);
  }

  /** After what runs already, which may have passed by the caller's name. */
  async function runAfter(before: Promise<void> | undefined, folder: string): Promise<void> {
    await before?.catch(() => {});
    const run = syncNow(folder);
    running.set(folder, run);
    waiting.delete(folder);
    try {
      await run;
    } finally {
      if (running.get(folder) === run) running.delete(folder);
    }
  }

  function sync(folder: string): Promise<void> {
    const queued = waiting.get(folder);
    if (queued) return queued;
    const next = runAfter(running.get(folder), folder);
    waiting.set(folder, next);
    return next;
  }

  return sync;
}

async function syncOne(folder: string): Promise<string> {
  // Windows has no way to, and NTFS keeps the order of its names by itself.
  if (process.platform === "win32") return folder;
  const handle = await open(folder, "r");
  try {
    const { ino, birthtimeNs } = await handle.stat({ bigint: true });
    await handle.sync();
    return `${ino}-${birthtimeNs}`;
  } finally {
    await handle.close();
  }
}
