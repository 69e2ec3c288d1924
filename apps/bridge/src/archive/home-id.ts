import { join } from "node:path";
import { createPrivateFile, readPrivateFile } from "@trestle/access";
import { TrestleError } from "@trestle/protocol";

const FORM = /^[0-9a-f-]{36}$/;

/** Under which name what this home copies stands elsewhere; nothing where it never did. */
export function readHomeId(folder: string): string | undefined {
  const id = readPrivateFile(join(folder, "home-id"))?.trim();
  if (id === undefined || FORM.test(id)) return id;
  throw new TrestleError(
    "invalid_config",
    `${join(folder, "home-id")} holds no id. Put it back from a backup; without it this home is taken for a new one.`,
  );
}

export function ensureHomeId(folder: string, newId: () => string): string {
  const found = readHomeId(folder);
  if (found !== undefined) return found;
  createPrivateFile(join(folder, "home-id"), `${newId()}\n`);
  return readHomeId(folder) ?? newId();
}
