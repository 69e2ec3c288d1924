import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BlobStore } from "./blob-store.ts";

/** A folder for each run, a file for each text. Nothing is created before something is kept. */
export function createFolderBlobs(folder: string): BlobStore {
  // Ids of runs hold what names of files may not.
  const folderOf = (run: string) =>
    join(folder, createHash("sha256").update(run).digest("hex").slice(0, 32));
  const fileOf = (run: string, digest: string) => join(folderOf(run), `${digest}.json`);
  return {
    async put(run, digest, text) {
      const file = fileOf(run, digest);
      if (await exists(file)) return;
      await mkdir(folderOf(run), { recursive: true, mode: 0o700 });
      const draft = `${file}.${randomUUID()}`;
      await writeDurably(draft, text);
      await rename(draft, file);
      await syncFolder(folderOf(run));
    },
    async get(run, digest) {
      try {
        return await readFile(fileOf(run, digest), "utf8");
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async drop(runs) {
      for (const run of runs) await rm(folderOf(run), { recursive: true, force: true });
    },
  };
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The new name is on the disk too; some systems cannot say so of a folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
