import { watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { Clock } from "@trestle/protocol";

/** What is read is what has stood still for so long. */
const DEBOUNCE_MS = 100;

/**
 * Calls when the file may have been written by somebody else. Its folder is watched: whoever writes it puts
 * a new one in its place. Returns the function that ends it.
 */
export function watchLock(path: string, clock: Clock, onWritten: () => void): () => void {
  const name = basename(path);
  let cancel = (): void => {};
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_event, changed) => {
      // Kubernetes swaps a link called ..data in the place of every file at once.
      if (changed !== null && changed !== name && changed !== "..data") return;
      cancel();
      cancel = clock.after(DEBOUNCE_MS, onWritten);
    });
    const end = (): void => {
      cancel();
      watcher.close();
    };
    watcher.on("error", end);
    return end;
  } catch {
    // A folder that cannot be watched: a new configuration is the occasion to read it again.
    return () => {};
  }
}
