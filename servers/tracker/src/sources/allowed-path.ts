import { join, sep } from "node:path";
import { TrestleError } from "@trestle/protocol";
import { type AllowedFolder, isWithin, realPath } from "../tail/open-within.ts";
import { absolutePath } from "./source.ts";

export interface Allowance {
  readonly home: string;
  /** As the operator named them; without any, the usual ones. */
  readonly folders: readonly string[];
}

/** Where rights are given to each folder by the operator, hidden ones are meant too. */
export function allowedFolders({ home, folders }: Allowance): readonly AllowedFolder[] {
  return folders.length > 0
    ? folders.map((path) => ({
        path: absolutePath(path, { home, folder: home }),
        withHidden: true,
      }))
    : [home, join(sep, "var", "log")].map((path) => ({ path, withHidden: false }));
}

/**
 * The path as it is watched, absolute. Throws `denied` for one outside of the folders that may be watched, also where a
 * link leads out of them: a caller of a tool could else have any file of this user told to it.
 */
export function allowedPath(path: string, allowance: Allowance): string {
  const { home } = allowance;
  const asked = absolutePath(path, { home, folder: home });
  const folders = allowedFolders(allowance);
  if (isWithin(realPath(asked), folders)) return asked;
  const allowed =
    allowance.folders.length > 0
      ? folders.map((folder) => folder.path).join(", ")
      : `${home} without hidden folders, /var/log`;
  throw new TrestleError(
    "denied",
    `${asked} may not be watched, only what is really below ${allowed}. The operator allows folders by TRACKER_WATCH_DIRS.`,
  );
}
