import type { Stats } from "node:fs";
import type { ChokidarOptions, FSWatcher } from "chokidar";
import type { Problems } from "../tail/problems.ts";
import { HOT_MS } from "../tail/tailed.ts";

export interface HintsOptions {
  readonly problems: Problems;
  now(): number;
  /** Something happened to this file, perhaps. */
  onHint(path: string): void;
  /** chokidar's, unless told otherwise. */
  readonly openWatcher?: ((options: ChokidarOptions) => Promise<Watcher>) | undefined;
}

/** What is used of chokidar's. */
export type Watcher = Pick<FSWatcher, "add" | "unwatch" | "close"> & {
  on(event: HintedEvent, listener: (path: string) => void): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
};

type HintedEvent = "add" | "addDir" | "change" | "unlink";

/**
 * Tells sooner than a look at all files would that one changed. Never needed: where the system has no more
 * watches to give, it says so and tells nothing.
 */
export interface Hints {
  /** False once it has given up. */
  readonly isWatching: boolean;
  /** Folders to watch from now on, not what is below them. */
  watch(folders: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const GIVES_UP: ReadonlySet<unknown> = new Set(["ENOSPC", "EMFILE", "ENFILE", "ENOSYS"]);

export function createHints({
  problems,
  now,
  onHint,
  openWatcher = openChokidar,
}: HintsOptions): Hints {
  let watched: ReadonlySet<string> = new Set();
  let watcher: Watcher | undefined;
  let hasGivenUp = false;

  // A watch for each of thousands of files that nobody writes to any more would cost more than it tells: when one
  // of them is written to, its folder says so.
  const ignored = (_path: string, stats?: Stats) =>
    stats?.isFile() === true && now() - stats.mtimeMs >= HOT_MS;

  function giveUp(error: unknown): void {
    if (hasGivenUp) return;
    hasGivenUp = true;
    problems.report("watch-limit", [...watched][0] ?? "", String(codeOf(error) ?? error));
    void watcher?.close().catch(() => {});
  }

  async function open(): Promise<Watcher> {
    const opened = await openWatcher({
      depth: 0,
      followSymlinks: false,
      ignoreInitial: true,
      ignorePermissionErrors: true,
      ignored,
    });
    for (const event of ["add", "addDir", "change", "unlink"] as const) opened.on(event, onHint);
    opened.on("error", (error) => {
      if (GIVES_UP.has(codeOf(error))) giveUp(error);
    });
    return opened;
  }

  return {
    get isWatching() {
      return !hasGivenUp && watcher !== undefined;
    },
    async watch(folders) {
      if (hasGivenUp) return;
      const before = watched;
      watched = new Set(folders);
      const added = folders.filter((folder) => !before.has(folder));
      const gone = [...before].filter((folder) => !watched.has(folder));
      try {
        watcher ??= await open();
        if (gone.length > 0) watcher.unwatch(gone);
        if (added.length > 0) watcher.add(added);
      } catch (error) {
        giveUp(error); // whatever it is: looking does without
      }
    },
    async close() {
      await watcher?.close();
    },
  };
}

async function openChokidar(options: ChokidarOptions): Promise<Watcher> {
  const { watch } = await import("chokidar");
  return watch([], options);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
