import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eachObject } from "../object-store/each-object.ts";
import { openFolderStore } from "../object-store/folder/open-folder-store.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { createIds } from "../records/ids.ts";
import { openRepository } from "./repository.ts";

/** A source, a place for backups, and a clock that is moved by hand. */
export async function createBackupWorld() {
  const folder = mkdtempSync(join(tmpdir(), "trestle-backup-"));
  const time = { now: Date.parse("2026-03-02T08:00:00Z") };
  const clock = { now: () => time.now };
  const open = async (name: string): Promise<ObjectStore> => {
    mkdirSync(join(folder, name), { recursive: true });
    return openFolderStore({ path: join(folder, name) });
  };
  const [source, kept] = [await open("source"), await open("kept")];
  return {
    folder,
    source,
    kept,
    open,
    time,
    repository: openRepository(kept, "backups/"),
    parts: { clock, ids: createIds({ clock }) },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Every object's bytes as a hash, by key. */
export async function dump(store: ObjectStore, prefix = ""): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for await (const { key } of eachObject(store, prefix)) {
    const body = (await store.get(key))?.body ?? new Uint8Array();
    all.set(key.slice(prefix.length), createHash("sha256").update(body).digest("hex"));
  }
  return all;
}
