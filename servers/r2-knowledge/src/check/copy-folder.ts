import { constants } from "node:fs";
import { copyFile, lstat, mkdir, readdir, readlink, symlink } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { TrestleError } from "@trestle/protocol";

export interface CopyLimits {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/**
 * Copies a folder, sharing blocks where the file system can. Links stay links; one that leads out of the
 * folder leads to the same place as before. Sockets and devices are left out.
 *
 * @throws TrestleError `invalid_config` where it is larger than the limits
 */
export async function copyFolder(
  from: string,
  to: string,
  { maxBytes, maxFiles }: CopyLimits,
  signal?: AbortSignal,
): Promise<void> {
  const root = resolve(from);
  let files = 0;
  let bytes = 0;

  async function copy(source: string, target: string): Promise<void> {
    signal?.throwIfAborted();
    const facts = await lstat(source);
    files += 1;
    bytes += facts.isFile() ? facts.size : 0;
    if (files > maxFiles || bytes > maxBytes) throw tooLarge(from, { maxBytes, maxFiles });
    if (facts.isDirectory()) {
      await mkdir(target, { recursive: true, mode: facts.mode });
      for (const name of await readdir(source)) await copy(join(source, name), join(target, name));
    } else if (facts.isSymbolicLink()) await symlink(await linkFor(source, root), target);
    else if (facts.isFile()) await copyFile(source, target, constants.COPYFILE_FICLONE);
  }

  await copy(root, to);
}

/** Relative within the folder, so that the copy's links lead into the copy. */
async function linkFor(link: string, root: string): Promise<string> {
  const target = await readlink(link);
  const full = resolve(dirname(link), target);
  const inside = relative(root, full);
  const isInside = !inside.startsWith("..") && !isAbsolute(inside);
  if (isInside) return isAbsolute(target) ? relative(dirname(link), full) || "." : target;
  return full;
}

function tooLarge(folder: string, { maxBytes, maxFiles }: CopyLimits): TrestleError {
  const megabytes = Math.round(maxBytes / 1024 / 1024);
  return new TrestleError(
    "invalid_config",
    `${folder} is larger than a check may copy (${megabytes} MB, ${maxFiles} files). Set KNOWLEDGE_CHECK_DIR to a smaller folder.`,
  );
}
