import { dirname } from "node:path";
import type { SourceFile } from "../tail/source-file.ts";

/** The folders in or below which files changed last, at most so many. */
export function worthWatching(
  folders: readonly string[],
  files: readonly SourceFile[],
  most: number,
): readonly string[] {
  if (folders.length <= most) return folders;
  const changedAt = new Map(folders.map((folder) => [folder, 0]));
  for (const { path, mtimeMs } of files) {
    for (let folder = dirname(path); changedAt.has(folder); folder = dirname(folder)) {
      changedAt.set(folder, Math.max(mtimeMs, changedAt.get(folder) ?? 0));
    }
  }
  return [...changedAt]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([folder]) => folder);
}
