import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { type Clock, messageOf } from "@trestle/protocol";
import type { Config } from "./load.ts";

export interface ConfigWatchParts {
  readonly config: Config;
  /** Reads the configuration again; throws `invalid_config` where it is bad. */
  readonly load: () => Promise<Config>;
  /** Called with every configuration that could be read after something was written. */
  readonly onChange: (next: Config) => void;
  /** Called once for each way in which it cannot be read: file, line and key. */
  readonly onProblem: (message: string) => void;
  readonly clock: Clock;
}

export interface ConfigWatch {
  /** Reads now, whether or not something was seen to change. */
  reload(): void;
  close(): void;
}

/** Editors write in several steps: what is read is what has stood still for so long. */
const DEBOUNCE_MS = 100;

/**
 * Follows the files of a configuration. Their folders are watched, not they: editors and orchestrators put
 * a new file, or a link to one, in the place of the old. A file that is gone or bad changes nothing.
 */
export function createConfigWatch(parts: ConfigWatchParts): ConfigWatch {
  const { load, onChange, onProblem, clock } = parts;
  const watchers = new Map<string, FSWatcher>();
  let names = namesOf(parts.config.files);
  let cancel = (): void => {};
  let lastProblem: string | undefined;
  let closed = false;
  let readings = 0;

  async function reload(): Promise<void> {
    cancel();
    readings += 1;
    const own = readings;
    // One that began later has seen more.
    const isOver = (): boolean => closed || own !== readings;
    if (isOver()) return;
    let next: Config;
    try {
      next = await load();
      if (isOver()) return;
    } catch (error) {
      if (isOver()) return;
      const problem = messageOf(error);
      if (problem !== lastProblem) onProblem(problem);
      lastProblem = problem;
      return;
    }
    lastProblem = undefined;
    names = namesOf(next.files);
    follow();
    onChange(next);
  }

  function seen(folder: string, name: string | null): void {
    // Kubernetes swaps a link called ..data in the place of every file at once.
    if (name !== null && name !== "..data" && !names.get(folder)?.has(name)) return;
    cancel();
    cancel = clock.after(DEBOUNCE_MS, () => void reload());
  }

  function follow(): void {
    for (const [folder, watcher] of watchers) {
      if (names.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of names.keys()) {
      if (watchers.has(folder)) continue;
      const watcher = watchFolder(folder, (name) => seen(folder, name));
      if (!watcher) continue;
      watchers.set(folder, watcher);
      watcher.on("error", () => {
        watcher.close();
        watchers.delete(folder);
      });
    }
  }

  follow();
  return {
    reload: () => void reload(),
    close() {
      closed = true;
      cancel();
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

/** The names to look for, by folder. */
function namesOf(files: readonly string[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const file of files) {
    const folder = dirname(file);
    names.set(folder, (names.get(folder) ?? new Set()).add(basename(file)));
  }
  return names;
}

/** Nothing where the folder is not there, or cannot be watched: SIGHUP is left then. */
function watchFolder(
  folder: string,
  onEvent: (name: string | null) => void,
): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, (_event, name) => onEvent(name));
  } catch {
    return undefined;
  }
}
