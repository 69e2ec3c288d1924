import { statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Cursor } from "../store/tracker-store.ts";
import { fileKey, type SourceFile } from "./source-file.ts";

/** Where files are now that were renamed within their folder. */
export async function findMoved(
  cursors: readonly Cursor[],
  host: string,
): Promise<readonly SourceFile[]> {
  const found: SourceFile[] = [];
  const wanted = new Map(cursors.map((cursor) => [cursor.key, cursor]));
  for (const folder of new Set(cursors.map(({ path }) => dirname(path)))) {
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name);
      const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
      const cursor = stats?.isFile() ? wanted.get(fileKey(host, stats)) : undefined;
      if (stats === undefined || cursor === undefined) continue;
      const { key, source } = cursor;
      const size = Number(stats.size);
      found.push({ source, path, key, cut: "text-lines", size, mtimeMs: Number(stats.mtimeMs) });
    }
  }
  return found;
}
