import { type Clock, messageOf } from "@trestle/protocol";
import type { Problems } from "../tail/problems.ts";
import type { SourceFile } from "../tail/source-file.ts";
import { isHot, type Tailed } from "../tail/tailed.ts";
import type { Tailer } from "../tail/tailer.ts";
import { findFiles, statOf, toSourceFile } from "./find-files.ts";
import { createHints, type HintsOptions } from "./hints.ts";
import type { Source } from "./source.ts";
import { worthWatching } from "./worth-watching.ts";

export interface LookoutOptions {
  readonly host: string;
  readonly clock: Clock;
  readonly problems: Problems;
  readonly tailer: Tailer;
  /** What is to be read now. */
  sources(): Promise<readonly Source[]>;
  /** `poll` asks nothing of the system but how files look. */
  readonly watch: "auto" | "poll";
  /** Chokidar's, unless told otherwise. */
  readonly openWatcher?: HintsOptions["openWatcher"];
}

/** Sees that files of sources appear and change: by looking, and sooner where the system tells. */
export interface Lookout {
  /** Looks from now on. */
  start(): void;
  /** Looks for all files of all sources once. */
  look(): Promise<void>;
  close(): Promise<void>;
}

const HOT_LOOK_MS = 1_000;
const FULL_LOOK_MS = 15_000;
/** Where nothing tells of new files. */
const FULL_LOOK_ALONE_MS = 5_000;
/** A writer writes several times in a row: what comes after its first write is read in the same go. */
const HINT_MS = 20;
/** At most; changes in other folders are seen by looking. */
const WATCHED_FOLDERS = 500;

export function createLookout(options: LookoutOptions): Lookout {
  const { host, clock, problems, tailer, sources, watch, openWatcher } = options;
  const hinted = new Set<string>();
  let isClosed = false;
  let cancelHot = () => {};
  let cancelFull = () => {};
  let looking: Promise<void> | undefined;
  const hints =
    watch === "auto" ? createHints({ problems, now: clock.now, onHint, openWatcher }) : undefined;

  function onHint(path: string): void {
    if (isClosed) return;
    if (hinted.size === 0) clock.after(HINT_MS, lookAtHinted);
    hinted.add(path);
  }

  function lookAtHinted(): void {
    const followed = new Map([...tailer.files()].map((tailed) => [tailed.file.path, tailed]));
    const isAllKnown = [...hinted].every((path) => lookAt(followed.get(path)));
    hinted.clear();
    if (!isAllKnown) void lookForAll();
  }

  /** False where there is something else at its path now. */
  function lookAt(tailed: Readonly<Tailed> | undefined): boolean {
    if (tailed === undefined) return false;
    const stats = statOf(tailed.file.path, problems);
    if (stats === undefined) return false;
    const file = toSourceFile(tailed.file, stats, host);
    if (file.key !== tailed.file.key) return false;
    tailer.see(file);
    return true;
  }

  function lookAtHot(): void {
    const now = clock.now();
    const isWanted = (tailed: Readonly<Tailed>) => isHot(tailed, now) || tailed.unfinished > 0;
    const isAllThere = [...tailer.files()].filter(isWanted).every(lookAt);
    if (!isAllThere) void lookForAll();
    if (!isClosed) cancelHot = clock.after(HOT_LOOK_MS, lookAtHot);
  }

  /** One at a time; whoever asks while one is under way gets that one. */
  function lookForAll(): Promise<void> {
    looking ??= lookOnce()
      .catch((error) => problems.report("unreadable", "The list of sources", messageOf(error)))
      .finally(() => {
        looking = undefined;
        cancelFull();
        if (isClosed) return;
        const ms = hints?.isWatching ? FULL_LOOK_MS : FULL_LOOK_ALONE_MS;
        cancelFull = clock.after(ms, () => void lookForAll());
      });
    return looking;
  }

  async function lookOnce(): Promise<void> {
    const folders: string[] = [];
    const files: SourceFile[] = [];
    for (const source of await sources()) {
      if (isClosed) return;
      const found = await findFiles(source, { host, problems });
      folders.push(...found.folders);
      files.push(...found.files);
      await tailer.seeAll(source, found.files);
    }
    if (!isClosed) await hints?.watch(worthWatching(folders, files, WATCHED_FOLDERS));
  }

  return {
    start() {
      void lookForAll();
      cancelHot = clock.after(HOT_LOOK_MS, lookAtHot);
    },
    look: lookForAll,
    async close() {
      isClosed = true;
      cancelHot();
      cancelFull();
      await looking;
      await hints?.close();
    },
  };
}
