import { readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Clock, TrestleError } from "@trestle/protocol";
import { alone } from "./alone.ts";
import { parseDocument } from "./document.ts";
import { holdsSecrets, keep } from "./import/apply.ts";
import { replaceFile } from "./import/atomic-file.ts";
import { type BridgeFile, readBridgeFile } from "./import/bridge-file.ts";
import type { LiveConfig } from "./live.ts";
import type { Config } from "./load.ts";
import type { Problem } from "./servers.ts";

export interface FileChange {
  /** The file that was written. */
  readonly file: string;
  /** Where it is kept as it was; nothing where it was not there. */
  readonly backup?: string;
  /** What the new file was not as it should be, and is served nevertheless. */
  readonly warnings: readonly Problem[];
  /** Does the bridge go by it already? If not: from its next look at the file on. */
  readonly inEffect: boolean;
}

export interface ChangeParts {
  readonly live: LiveConfig;
  readonly clock: Clock;
}

/** How long an answer waits for the bridge to have seen what was written. */
const SEEN_WITHIN_MS = 3_000;

/**
 * Changes the bridge's own configuration file: one change at a time, checked as a whole before anything is
 * written. Throws `invalid_config` for what the bridge could not go by: nothing is written then.
 */
export async function changeConfigFile(
  { live, clock }: ChangeParts,
  change: (file: BridgeFile) => string,
): Promise<FileChange> {
  const { home, files } = live.current();
  const [path = ""] = files;
  return alone({ home, clock }, async () => {
    const file = readBridgeFile(path);
    const after = change(file);
    if (after === file.before) return { file: path, warnings: [], inEffect: true };
    return writeChecked(live, { ...file, after }, () => {
      const folder = join(home, "bridge");
      const backup =
        file.before === undefined ? undefined : keep(path, { folder, now: clock.now() });
      const isPrivate = holdsSecrets(parseDocument(after, path).value as never);
      replaceFile(path, file.before, after, { isPrivate });
      return backup;
    });
  });
}

export interface NewText extends Pick<BridgeFile, "path" | "before"> {
  readonly after: string;
}

/**
 * Checks the text as a whole and has it written by `write`, which tells where the file is kept as it was. Nobody else
 * may change the configuration meanwhile. Throws `invalid_config`: nothing is written then.
 */
export async function writeChecked(
  live: LiveConfig,
  { path, before, after }: NewText,
  write: () => string | undefined,
): Promise<FileChange> {
  const warnings = await check(after, before, live.current());
  const seen = nextReading(live);
  const backup = write();
  if (backup !== undefined) dropOldest(backup);
  return {
    file: path,
    ...(backup !== undefined && { backup }),
    warnings,
    inEffect: await seen,
  };
}

/** How often a file may be changed before the oldest copy of it goes. */
const KEPT_COPIES = 100;

/** Copies of the same file are called alike behind the time. Hosts' files have other names, and all of them stay. */
function dropOldest(newest: string): void {
  const folder = dirname(newest);
  const ending = basename(newest).slice(TIME_LENGTH);
  const copies = readdirSync(folder).filter((name) => name.slice(TIME_LENGTH) === ending);
  for (const name of copies.toSorted().slice(0, -KEPT_COPIES)) {
    rmSync(join(folder, name), { force: true });
  }
}

/** `2026-01-31T12-00-00-000Z` */
const TIME_LENGTH = 24;

/** What is new and wrong about it; errors are thrown. */
async function check(
  text: string,
  before: string | undefined,
  current: Config,
): Promise<readonly Problem[]> {
  const next = await current.withText(text);
  const known = new Set((await problemsOf(before, current)).map(textOf));
  const fresh = next.problems.filter((problem) => !known.has(textOf(problem)));
  const errors = fresh.filter(({ level }) => level === "error");
  if (errors.length === 0) return fresh;
  throw new TrestleError(
    "invalid_config",
    `${errors.map(textOf).join("; ")}. Nothing was written.`,
  );
}

/** What was wrong before is nobody's fault now; also where all of it was. */
async function problemsOf(text: string | undefined, current: Config): Promise<readonly Problem[]> {
  try {
    return text === undefined ? [] : (await current.withText(text)).problems;
  } catch {
    return [];
  }
}

function textOf({ server, message }: Problem): string {
  return `mcpServers.${server}: ${message}`;
}

/** Resolves when the bridge has read its configuration anew, or says that it has not. */
function nextReading(live: LiveConfig): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (isSeen: boolean): void => {
      unsubscribe();
      clearTimeout(timer);
      resolve(isSeen);
    };
    const unsubscribe = live.subscribe(() => done(true));
    // Of its own, since nothing else keeps a bridge alive that lives as long as one command.
    const timer = setTimeout(() => done(false), SEEN_WITHIN_MS);
  });
}
