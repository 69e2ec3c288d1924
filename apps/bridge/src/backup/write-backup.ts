import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Clock, messageOf, TrestleError } from "@trestle/protocol";
import { copySqlite, inspectSqlite, isSqliteFile } from "@trestle/store";
import { emptyFoldersOf, filesOf, homeParts, type PartFile } from "./home-parts.ts";
import { type BackedUpFile, CONFIG, digestOf, HOME, MANIFEST, type Manifest } from "./manifest.ts";

export interface BackupParts {
  readonly home: string;
  /** To be made; must not be there. */
  readonly folder: string;
  /** Files of the configuration, which lie elsewhere; those that are not there are left out. */
  readonly configFiles: readonly string[];
  readonly version: string;
  readonly clock: Clock;
}

/**
 * Copies a home as it is, whether or not a bridge runs in it. SQLite files are copied as of one moment each, the
 * files of a server as of one moment together. The folder has its name only once everything is in it.
 */
export async function writeBackup(parts: BackupParts): Promise<Manifest> {
  const { home, folder, version, clock } = parts;
  if (existsSync(folder)) {
    throw new TrestleError("conflict", `${folder} is there already. Name a folder that is not.`);
  }
  const draft = `${folder}.unfinished`;
  rmSync(draft, { recursive: true, force: true });
  try {
    mkdirSync(join(draft, HOME), { recursive: true, mode: 0o700 });
    const found = homeParts(home);
    for (const part of found) await copyPart(part, { home, to: join(draft, HOME) });
    const folders = found.flatMap((part) => emptyFoldersOf(home, part));
    const manifest: Manifest = {
      ...{ format: 1, version, created_at: new Date(clock.now()).toISOString() },
      folders,
      files: await describe(join(draft, HOME)),
      config: copyConfig(parts.configFiles, join(draft, CONFIG)),
    };
    const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
    writeFileSync(join(draft, MANIFEST), text, { mode: 0o600 });
    renameSync(draft, folder);
    return manifest;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (error instanceof TrestleError) throw error;
    const message = `The backup failed: ${messageOf(error)}. Nothing of it was kept.`;
    throw new TrestleError("unavailable", message, { cause: error });
  }
}

interface Place {
  readonly home: string;
  readonly to: string;
}

const MAX_TRIES = 20;
const PAUSE_MS = 100;

/** Copies until nothing has changed from the beginning of a round to its end. */
async function copyPart(part: string, place: Place): Promise<void> {
  const copied = new Map<string, string>();
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const before = filesOf(place.home, part);
    for (const { path, stamp } of inOrder(before)) {
      if (copied.get(path) === stamp) continue;
      copyOne(path, place);
      copied.set(path, stamp);
    }
    for (const path of copied.keys()) {
      if (before.some((file) => file.path === path)) continue;
      rmSync(join(place.to, path), { force: true });
      copied.delete(path);
    }
    if (part === "bridge" || isSame(before, filesOf(place.home, part), place.home)) return;
    await pause(PAUSE_MS);
  }
  throw new TrestleError(
    "unavailable",
    `${join(place.home, part)} is written to all the time. Stop what uses it (\`trestle stop\`), or try again later.`,
  );
}

/** The end of the audit log first: what is appended meanwhile is only more than that says. */
function inOrder(files: readonly PartFile[]): PartFile[] {
  const isHead = ({ path }: PartFile): boolean => path.endsWith("/audit/head.json");
  return [...files.filter(isHead), ...files.filter((file) => !isHead(file))];
}

/** SQLite files change as they like: each copy is of one moment by itself. */
function isSame(before: readonly PartFile[], after: readonly PartFile[], home: string): boolean {
  const textOf = (files: readonly PartFile[]): string =>
    files
      .filter(({ path }) => existsSync(join(home, path)) && !isSqliteFile(join(home, path)))
      .map(({ path, stamp }) => `${path} ${stamp}`)
      .join("\n");
  return textOf(before) === textOf(after);
}

function copyOne(path: string, { home, to }: Place): void {
  const [source, target] = [join(home, path), join(to, path)];
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  try {
    if (isSqliteFile(source)) {
      rmSync(target, { force: true });
      copySqlite(source, target);
    } else copyFileSync(source, target);
    chmodSync(target, 0o600);
  } catch (error) {
    // Gone since it was listed: the next round sees that.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

async function describe(folder: string): Promise<BackedUpFile[]> {
  const files: BackedUpFile[] = [];
  for (const part of homeParts(folder)) {
    for (const { path } of filesOf(folder, part)) {
      const file = join(folder, path);
      const schema = isSqliteFile(file) ? { schema: inspectSqlite(file).schema } : {};
      files.push({ path, ...(await digestOf(file)), ...schema });
    }
  }
  return files;
}

function copyConfig(files: readonly string[], to: string): string[] {
  const found = files.filter((file) => existsSync(file));
  if (found.length > 0) mkdirSync(to, { recursive: true, mode: 0o700 });
  return found.map((file) => {
    copyFileSync(file, join(to, basename(file)));
    chmodSync(join(to, basename(file)), 0o600);
    return basename(file);
  });
}
