import { statSync, unlinkSync } from "node:fs";
import { fileKey, type SourceFile } from "../tail/source-file.ts";

/** A hook writes into the file of its day: after so long no more is written to one. */
const OLD_MS = 2 * 86_400_000;

/** A file of the spool, and up to which byte it is stored. */
export interface SpoolFile {
  readonly file: Pick<SourceFile, "path" | "key">;
  readonly offset: number;
}

/** Deletes the files of the spool that are old and stored as a whole. Gives the keys of those that are gone. */
export function clearSpool(
  files: Iterable<SpoolFile>,
  { host, now }: { readonly host: string; readonly now: number },
): readonly string[] {
  const gone: string[] = [];
  for (const { file, offset } of files) {
    const stats = statSync(file.path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined || fileKey(host, stats) !== file.key) continue;
    const isStored = Number(stats.size) === offset;
    if (!isStored || now - Number(stats.mtimeMs) < OLD_MS) continue;
    unlinkSync(file.path);
    gone.push(file.key);
  }
  return gone;
}
