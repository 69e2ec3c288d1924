import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type FolderLock, takeFolderLock } from "@trestle/store";

/** Who runs approved items: each holds a lock that the kernel frees when it dies, however it dies. */
export interface Runners {
  /** The name of this runner; its lock is held from the first time on. */
  self(): string;
  isSelf(runner: string): boolean;
  isAlive(runner: string): boolean;
  close(): void;
}

export function createRunners(folder: string): Runners {
  const name = randomUUID();
  let lock: FolderLock | undefined;

  return {
    self() {
      if (!lock) {
        mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
        lock = takeFolderLock(join(folder, name), 0);
      }
      return name;
    },
    isSelf: (runner) => runner === name,
    isAlive(runner) {
      const path = join(folder, runner);
      if (!existsSync(path)) return false;
      const found = takeFolderLock(path, 0);
      if (!found) return true;
      found.release();
      rmSync(path, { recursive: true, force: true });
      return false;
    },
    close() {
      lock?.release();
      if (lock) rmSync(join(folder, name), { recursive: true, force: true });
      lock = undefined;
    },
  };
}
