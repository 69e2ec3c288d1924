import type { CallOptions, ObjectStore } from "../object-store/object-store.ts";

export interface StorageMetrics {
  readonly where: string;
  readonly objects: number;
  readonly bytes: number;
  /** By the folder below `mcp/`. */
  readonly folders: Readonly<Record<string, { objects: number; bytes: number }>>;
  /** There are more than were counted. */
  readonly truncated: boolean;
}

/** One request for every thousand objects: beyond so many it is no longer worth it. */
const MOST_PAGES = 200;

export async function measureStorage(
  { store }: { readonly store: Pick<ObjectStore, "list" | "description"> },
  { signal }: CallOptions = {},
): Promise<StorageMetrics> {
  const folders: Record<string, { objects: number; bytes: number }> = {};
  let after: string | undefined;
  let pages = 0;
  do {
    const page = await store.list("mcp/", { after, signal });
    for (const { key, size } of page.objects) {
      const folder = key.split("/")[1] ?? "";
      const known = folders[folder] ?? { objects: 0, bytes: 0 };
      folders[folder] = { objects: known.objects + 1, bytes: known.bytes + size };
    }
    after = page.next;
    pages += 1;
  } while (after !== undefined && pages < MOST_PAGES);
  const all = Object.values(folders);
  return {
    where: store.description,
    objects: all.reduce((sum, { objects }) => sum + objects, 0),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    folders,
    truncated: after !== undefined,
  };
}
