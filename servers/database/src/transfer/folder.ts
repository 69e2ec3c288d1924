import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, realpath, stat } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { nearestName, TrestleError } from "@trestle/protocol";
import { type Draft, fileFailure, openDraft } from "./draft.ts";

/**
 * The one folder whose files a caller may name. Names are relative to it; nothing outside is ever
 * opened, whatever the name or the links in the folder say.
 */
export interface Folder {
  readonly path: string;
  /** Throws `not_found`, or `denied` for what lies outside. */
  read(name: string): Promise<FileHandle>;
  /** Throws `denied` for a place outside. A file that is there is never replaced. */
  create(name: string): Promise<Draft>;
}

export function openFolder(path: string): Folder {
  return {
    path,
    async read(name) {
      const parts = partsOf(name);
      const root = await realpath(path).catch(() => path);
      const file = await realpath(join(root, ...parts)).catch(() => undefined);
      if (file === undefined) throw await noSuchFile(root, name);
      checkInside(root, file, name);
      return openRegular(file);
    },
    async create(name) {
      const parts = partsOf(name);
      await mkdir(path, { recursive: true, mode: 0o700 }).catch(fail(path));
      const root = await realpath(path);
      let parent = root;
      for (const part of parts.slice(0, -1)) {
        parent = await enter(join(parent, part));
        checkInside(root, parent, name);
      }
      return openDraft(join(parent, parts.at(-1) ?? ""));
    },
  };
}

/** Opens a file for reading, which no device, pipe or folder is. Links are not followed. */
export async function openRegular(path: string): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  // Not waiting: a named pipe would hold up whoever opens it until somebody writes.
  const flags = O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);
  const file = await open(path, flags).catch(fail(path));
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new TrestleError("invalid_input", `${basename(path)} is no file: name one with rows.`);
}

function partsOf(name: string): string[] {
  const parts = name.split(/[/\\]/);
  const isPlain = (part: string) =>
    part !== "" && !part.startsWith(".") && !/[\p{Cc}:*?"<>|]/u.test(part);
  if (parts.every(isPlain) && name.length <= 200) return parts;
  throw new TrestleError(
    "invalid_input",
    `"${name.slice(0, 200)}" cannot be a file here: give a name such as guests.csv or 2026/guests.csv, with no part that starts with a dot.`,
  );
}

/** A folder on the way, made where there is none; where it really is. */
async function enter(path: string): Promise<string> {
  await mkdir(path, { mode: 0o700 }).catch((error: { code?: string }) => {
    if (error.code !== "EEXIST") throw fileFailure(error, path);
  });
  const real = await realpath(path).catch(fail(path));
  if ((await stat(real)).isDirectory()) return real;
  throw new TrestleError("invalid_input", `${basename(path)} is a file, not a folder.`);
}

function checkInside(root: string, path: string, name: string): void {
  if (path.startsWith(root.endsWith(sep) ? root : root + sep)) return;
  throw new TrestleError(
    "denied",
    `"${name}" leads out of the folder for exports and imports: copy the file into ${root} instead of linking it.`,
  );
}

async function noSuchFile(root: string, name: string): Promise<TrestleError> {
  const names = (await readdir(root).catch(() => [])).filter((each) => !each.startsWith("."));
  const nearest = nearestName(name, names);
  const hint = nearest ? ` Did you mean "${nearest}"?` : "";
  return new TrestleError(
    "not_found",
    `There is no file "${name}" in ${root}.${hint} Put the file there, or pass its content as text.`,
  );
}

function fail(path: string): (error: unknown) => never {
  return (error) => {
    throw fileFailure(error, path);
  };
}
