import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readOwner } from "@trestle/store";

/** What of a home is ours. A home may be a folder that somebody else's files are in, too. */
const OURS = [
  ...["admin.key", "bridge", "database", "knowledge", "objects"],
  ...["orchestrator", "r2-knowledge", "tracker"],
];

/** The mark of a folder that a server of the bridge owns, or did. */
const MARK = "owner.lock";

/** The names in a home that belong to the bridge and its servers. */
export function homeParts(home: string): string[] {
  if (!existsSync(home)) return [];
  return readdirSync(home)
    .filter((name) => OURS.includes(name) || existsSync(join(home, name, MARK)))
    .sort();
}

/** Folders that a process works on now. */
export function busyParts(home: string): string[] {
  return homeParts(home).filter((name) => {
    const path = join(home, name);
    return existsSync(join(path, MARK)) && readOwner(path) !== undefined;
  });
}

/** A file of a part, by its path from the home, with what shows that it was changed. */
export interface PartFile {
  readonly path: string;
  readonly stamp: string;
}

/** Says nothing to whoever comes later: locks, sockets, logs, drafts, copies of before a migration. */
const PASSING =
  /(^|\/)(owner\.(lock|json).*|bridge\.log.*|children|editing|.*\.(sock|tmp|trestle-draft|bak)|.*-(wal|shm|journal))$/;

/** Every file of a part that is worth keeping. */
export function filesOf(home: string, part: string): PartFile[] {
  const stats = lstatSync(join(home, part), { throwIfNoEntry: false });
  if (!stats || PASSING.test(part)) return [];
  if (stats.isDirectory()) {
    return readdirSync(join(home, part)).flatMap((name) => filesOf(home, `${part}/${name}`));
  }
  if (!stats.isFile()) return [];
  return [{ path: part, stamp: `${stats.ino} ${stats.size} ${stats.mtimeMs}` }];
}

/** Folders of a part that hold nothing: Postgres does not start without its own. */
export function emptyFoldersOf(home: string, part: string): string[] {
  const stats = lstatSync(join(home, part), { throwIfNoEntry: false });
  if (!stats?.isDirectory() || PASSING.test(part)) return [];
  const names = readdirSync(join(home, part));
  if (names.length === 0) return [part];
  return names.flatMap((name) => emptyFoldersOf(home, `${part}/${name}`));
}
