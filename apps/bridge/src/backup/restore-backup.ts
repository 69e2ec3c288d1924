import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Clock, type Logger, TrestleError } from "@trestle/protocol";
import { takeFolderLock } from "@trestle/store";
import { openAudit } from "../access/audit.ts";
import { checkBackup } from "./check-backup.ts";
import { busyParts, homeParts } from "./home-parts.ts";
import { HOME } from "./manifest.ts";

export interface RestoreParts {
  readonly home: string;
  readonly folder: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Restored {
  readonly createdAt: string;
  readonly files: number;
  /** Where what was there before is kept; nothing where nothing was. */
  readonly before?: string;
}

/**
 * Puts a backup in the place of a home in which nothing runs. All of it is checked and copied beside the home's
 * files first; what was there is kept.
 */
export async function restoreBackup(parts: RestoreParts): Promise<Restored> {
  const { home, folder, version, clock, log } = parts;
  const manifest = await checkBackup(folder, version);
  const draft = join(home, ".restoring");
  return whileNothingRuns(home, async () => {
    rmSync(draft, { recursive: true, force: true });
    try {
      for (const path of manifest.folders) {
        mkdirSync(join(draft, path), { recursive: true, mode: 0o700 });
      }
      for (const { path } of manifest.files) {
        const target = join(draft, path);
        mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
        copyFileSync(join(folder, HOME, path), target);
        chmodSync(target, 0o600);
      }
      const before = putAside(home, `before-restore-${stamp(clock)}`);
      for (const part of homeParts(draft)) renameSync(join(draft, part), join(home, part));
      await note({ event: "restored", backup: manifest.created_at }, { home, clock, log });
      const { created_at: createdAt, files } = manifest;
      return { createdAt, files: files.length, ...(before !== undefined && { before }) };
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  });
}

/** Removes everything of a home in which nothing runs, but its backups. Returns what that was. */
export async function resetHome(
  parts: Pick<RestoreParts, "clock" | "home" | "log">,
): Promise<string[]> {
  const { home } = parts;
  return whileNothingRuns(home, async () => {
    const removed = homeParts(home);
    for (const part of removed) rmSync(join(home, part), { recursive: true, force: true });
    await note({ event: "reset" }, parts);
    return removed;
  });
}

/** Throws `unavailable` where a bridge or a server works on the home. None begins meanwhile. */
export async function whileNothingRuns<Value>(
  home: string,
  work: () => Promise<Value>,
): Promise<Value> {
  const busy = busyParts(home);
  if (busy.length > 0) throw inUse(home, busy);
  const folder = join(home, "bridge");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = takeFolderLock(folder, 0);
  if (!lock) throw inUse(home, ["bridge"]);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** On the same disk, so that each part is either there or aside. */
function putAside(home: string, name: string): string | undefined {
  const parts = homeParts(home);
  const isEmpty = parts.every((part) => part === "bridge" && !existsSync(join(home, "admin.key")));
  const folder = join(home, "backups", name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const part of parts) renameSync(join(home, part), join(folder, part));
  if (!isEmpty) return folder;
  rmSync(folder, { recursive: true, force: true });
  return undefined;
}

/** The first entry after what was done: so that nobody takes an older state for all there was. */
async function note(
  entry: { readonly event: string; readonly backup?: string },
  { home, clock, log }: Pick<RestoreParts, "clock" | "home" | "log">,
): Promise<void> {
  const audit = await openAudit({ folder: join(home, "bridge", "audit"), clock, log });
  await audit.record({ ...entry, by: "local" });
  await audit.close();
}

export function stamp(clock: Clock): string {
  return new Date(clock.now()).toISOString().replaceAll(/[:.]/g, "-");
}

function inUse(home: string, parts: readonly string[]): TrestleError {
  return new TrestleError(
    "unavailable",
    `Something works on ${home} (${parts.join(", ")}). Stop it with \`trestle stop\`, then try again.`,
  );
}
