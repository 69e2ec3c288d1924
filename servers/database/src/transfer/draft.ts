import { constants } from "node:fs";
import { type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { type ErrorCode, TrestleError } from "@trestle/protocol";

/** A file that is being written beside its place: nobody sees half of it. */
export interface Draft {
  /** Where it will be. */
  readonly path: string;
  /** Throws `unavailable` where the disk does not take it. */
  write(text: string): Promise<void>;
  /** Moves it to its place. Throws `conflict` where a file is there and may not be replaced. */
  keep(): Promise<void>;
  /** Leaves nothing behind. Does nothing once the file is kept. */
  discard(): Promise<void>;
}

export interface DraftOptions {
  /** May a file of that name be replaced? */
  readonly replace?: boolean;
}

let drafts = 0;

export async function openDraft(
  path: string,
  { replace = false }: DraftOptions = {},
): Promise<Draft> {
  drafts += 1;
  const place = join(dirname(path), `.${basename(path)}.${process.pid}-${drafts}.part`);
  const { O_CREAT, O_TRUNC, O_WRONLY, O_NOFOLLOW } = constants;
  // The rows of a database are for whoever asked, not for everybody on the machine.
  const flags = O_CREAT | O_TRUNC | O_WRONLY | (O_NOFOLLOW ?? 0);
  const file = await open(place, flags, 0o600).catch(refuse(path));
  let isDone = false;

  return {
    path,
    async write(text) {
      if (text !== "") await file.writeFile(text).catch(refuse(path));
    },
    async keep() {
      await close(file).catch(refuse(path));
      await (replace ? rename(place, path) : moveToFree(place, path)).catch(refuse(path));
      isDone = true;
    },
    async discard() {
      if (isDone) return;
      isDone = true;
      await file.close().catch(() => {});
      await unlink(place).catch(() => {});
    },
  };
}

/** On the disk before it has its name, so that a power cut leaves no empty file under it. */
async function close(file: FileHandle): Promise<void> {
  await file.sync();
  await file.close();
}

/** A link, unlike a rename, does not take the place of a file that is there. */
async function moveToFree(place: string, path: string): Promise<void> {
  await link(place, path);
  await unlink(place);
}

function refuse(path: string): (error: unknown) => never {
  return (error) => {
    throw fileFailure(error, path);
  };
}

/** What the file system says as one of our errors, with what to do next. */
export function fileFailure(error: unknown, path: string): unknown {
  const { code = "" } = error as { code?: string };
  const known = WORDS[code];
  if (known === undefined) return error;
  const [kind, words] = known;
  return new TrestleError(kind, `${basename(path)}: ${words}`, { cause: error, retryable: false });
}

const WORDS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  EEXIST: ["conflict", "a file of that name is there already; choose another name."],
  ENOSPC: ["unavailable", "the disk is full; make room and try again. Nothing was kept."],
  EDQUOT: ["unavailable", "the disk quota is used up; make room and try again. Nothing was kept."],
  EROFS: ["unavailable", "the file system is read-only; choose a folder that can be written."],
  EACCES: ["denied", "this program may not use that file; check who owns the folder."],
  EPERM: ["denied", "this program may not use that file; check who owns the folder."],
  ELOOP: ["denied", "a symbolic link stands there; links are not followed."],
  ENOENT: ["not_found", "there is no such file or folder."],
  ENOTDIR: ["invalid_input", "part of the path is a file, not a folder."],
  EISDIR: ["invalid_input", "a folder stands there; name a file."],
  ENAMETOOLONG: ["invalid_input", "the name is too long; choose a shorter one."],
};
