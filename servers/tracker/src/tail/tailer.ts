import { type Clock, isTrestleError, messageOf } from "@trestle/protocol";
import type { Cursor } from "../store/tracker-store.ts";
import { createAdoption, isOfAnother } from "./adoption.ts";
import type { Delivery } from "./delivery.ts";
import { findMoved } from "./moved-files.ts";
import { type Problems, problemOf } from "./problems.ts";
import { createReadingQueue } from "./queue.ts";
import { quietEnd } from "./quiet-end.ts";
import { readPiece } from "./read-piece.ts";
import type { Piece, Reading } from "./reading.ts";
import { retryDelay } from "./retry-delay.ts";
import type { SourceFile } from "./source-file.ts";
import {
  isQuiet,
  isSettled,
  isSilent,
  isUnread,
  SETTLED_MS,
  see,
  type Tailed,
  toTailed,
} from "./tailed.ts";
import { createWindow, type Window } from "./window.ts";

export interface TailerOptions {
  /** Name of this machine; inodes are its own. */
  readonly host: string;
  readonly clock: Clock;
  readonly problems: Problems;
  /**
   * Stores a piece and its cursor, both or none. Where it rejects, the same is read again later. Never called
   * twice at once for one file.
   */
  deliver(piece: Piece): Promise<Delivery>;
  /** Files that are read at once; default 2. */
  readonly concurrency?: number;
  /** Lines of a piece, at most; default 1,000. */
  readonly pieceLines?: number;
}

/** Reads files on from their cursors, each line once. It looks for no files: it is told what there is. */
export interface Tailer {
  /** How far files were read before; to be told first. */
  know(cursors: readonly Cursor[]): void;
  /** Here is a file, changed or not. */
  see(file: SourceFile): void;
  /**
   * These are all files of a source. What else was one is forgotten; a log that was renamed within its folder is
   * read to its end before.
   */
  seeAll(source: Whose, files: readonly SourceFile[]): Promise<void>;
  files(): Iterable<Readonly<Tailed>>;
  /** Files with something to read that no failure keeps from being read. */
  readonly backlog: number;
  /** Resolves when what was seen is read, or has to wait for something. */
  settled(): Promise<void>;
  /** Reads nothing more; resolves when what was under way is stored. */
  close(): Promise<void>;
}

/** The source of files, and where they have to be. */
type Whose = { readonly name: string } & Pick<SourceFile, "within">;

/** Milliseconds until a file that waits for another is looked at again. */
const WAIT_MS = 500;

export function createTailer(options: TailerOptions): Tailer {
  const { host, clock, problems, concurrency = 2, pieceLines = 1_000 } = options;
  const byKey = new Map<string, Tailed>();
  const cursors = new Map<string, Cursor>();
  const searched = new Set<string>();
  const queue = createReadingQueue();
  const busy = new Set<Tailed>();
  const windows: Window[] = [];
  const settling: (() => void)[] = [];
  let storeFailures = 0;
  let resume: (() => void) | undefined;
  let isClosed = false;

  const adoption = createAdoption({
    ...{ host, cursors, isBusy, store, follow: seeLeftOver },
    unread: () =>
      [...byKey.values()].filter(({ cursor }) => cursor === undefined).map(({ file }) => file),
  });

  function seeFile(file: SourceFile): Tailed {
    const now = clock.now();
    const tailed = byKey.get(file.key) ?? toTailed(file, cursors.get(file.key), now);
    byKey.set(file.key, tailed);
    see(tailed, file, now);
    enqueue(tailed);
    return tailed;
  }

  function isBusy(key: string): boolean {
    const tailed = byKey.get(key);
    return tailed !== undefined && busy.has(tailed);
  }

  function seeLeftOver(file: SourceFile): Tailed {
    const isFollowed = byKey.has(file.key);
    const tailed = seeFile(file);
    tailed.isLeftOver ||= !isFollowed;
    return tailed;
  }

  function enqueue(tailed: Tailed): void {
    const now = clock.now();
    if (!busy.has(tailed) && isUnread(tailed, now)) queue.add(tailed, now);
  }

  /** Also one that was moved once may have been moved again, unless it is done with. */
  function forget(tailed: Tailed, isDone = false): void {
    const { key } = tailed.file;
    queue.delete(tailed);
    byKey.delete(key);
    if (!isDone) searched.delete(key);
  }

  function pump(): void {
    while (!isClosed && resume === undefined && busy.size < concurrency) {
      const next = queue.take();
      if (next === undefined) break;
      busy.add(next);
      const window = windows.pop() ?? createWindow();
      void readOn(next, window).then(() => {
        windows.push(window);
        busy.delete(next);
        readAgain(next);
      });
    }
    if (isReading()) return;
    for (const window of windows) window.release();
    for (const done of settling.splice(0)) done();
  }

  function isReading(): boolean {
    return busy.size > 0 || (queue.size > 0 && resume === undefined && !isClosed);
  }

  /** Reads one piece. Never rejects. */
  async function readOn(tailed: Tailed, window: Window): Promise<void> {
    const { path } = tailed.file;
    const now = clock.now();
    const quiet = isQuiet(tailed, now);
    const silent = isSilent(tailed, now);
    try {
      const isNew = tailed.cursor === undefined || (await isOfAnother(tailed.file, tailed.cursor));
      tailed.isUndecided = isNew && (await adoption.waits(tailed, quiet));
      if (tailed.isUndecided) {
        tailed.notBefore = now + WAIT_MS;
        clock.after(WAIT_MS, () => readAgain(tailed));
        return;
      }
      const { cursor, scanned, file } = tailed;
      const settled = isSettled(tailed, now);
      const how = { host, cursor, scanned, isSettled: settled, isQuiet: quiet, isSilent: silent };
      const reading = await readPiece(file, { ...how, most: pieceLines, now, window });
      if (reading.kind === "replaced") {
        forget(tailed);
        return;
      }
      for (const kind of ["not-permitted", "outside"] as const) problems.clear(kind, path);
      if (reading.piece?.isRestart) await adoption.rescue(tailed);
      // What was written since it was looked at came in time.
      const isAsSeen = reading.size === file.size && reading.mtimeMs === file.mtimeMs;
      const hasEnded = (settled && tailed.isWaiting) || (silent && !tailed.isSilenceTold);
      const end = hasEnded && isAsSeen ? quietEnd(tailed, silent) : undefined;
      const piece = reading.piece ?? end;
      if (piece !== undefined) await store(tailed, piece);
      take(tailed, reading, { quiet: quiet && isAsSeen, silent });
    } catch (error) {
      fail(tailed, error);
    }
  }

  async function store(tailed: Tailed, piece: Piece): Promise<void> {
    const delivery = await options.deliver(piece);
    storeFailures = 0;
    problems.clear("store-unavailable", piece.file.source);
    const cursor = delivery.kind === "stored" ? piece.cursor : delivery.cursor;
    tailed.cursor = cursor;
    tailed.isWaiting = delivery.kind === "stored" && delivery.isWaiting === true;
    if (tailed.isWaiting) clock.after(SETTLED_MS, () => readAgain(tailed));
    if (cursor !== undefined) cursors.set(cursor.key, cursor);
  }

  function take(
    tailed: Tailed,
    { piece, size, mtimeMs, hasMore, unfinished, scanned }: Extract<Reading, { kind: "read" }>,
    { quiet, silent }: { readonly quiet: boolean; readonly silent: boolean },
  ): void {
    const isAsSeen = size === tailed.file.size;
    see(tailed, { ...tailed.file, size, mtimeMs }, clock.now());
    // Where another reader was quicker, what comes behind its cursor is still to be read.
    const isOvertaken = piece !== undefined && tailed.cursor !== piece.cursor;
    const isWhole = !hasMore && !isOvertaken;
    tailed.scanned = isWhole ? scanned : 0;
    tailed.unfinished = unfinished;
    tailed.isSilenceTold = silent && isWhole && isAsSeen;
    tailed.read = isWhole ? { size, mtimeMs, isQuiet: quiet } : undefined;
    tailed.failures = 0;
    if (tailed.isLeftOver && isWhole && quiet) forget(tailed, true);
  }

  function fail(tailed: Tailed, error: unknown): void {
    const { path, source } = tailed.file;
    tailed.read = undefined;
    if (isTrestleError(error) && error.code !== "invalid_input" && error.code !== "internal") {
      problems.report("store-unavailable", source, messageOf(error));
      pause();
      return;
    }
    const problem = isTrestleError(error) ? "not-understood" : problemOf(error);
    if (problem === "missing") {
      forget(tailed);
      return;
    }
    problems.report(problem, path, messageOf(error));
    tailed.notBefore = clock.now() + retryDelay(tailed.failures);
    tailed.failures += 1;
  }

  /** The store fails: nothing is read until it may answer again. */
  function pause(): void {
    if (resume !== undefined) return;
    const cancel = clock.after(retryDelay(storeFailures), () => {
      resume = undefined;
      for (const tailed of byKey.values()) enqueue(tailed);
      pump();
    });
    resume = cancel;
    storeFailures += 1;
  }

  function readAgain(tailed: Tailed): void {
    if (byKey.get(tailed.file.key) === tailed) enqueue(tailed);
    pump();
  }

  /** Logs that are no longer where they were may have been renamed: once each. */
  async function searchMoved(
    { name: source, within }: Whose,
    present: ReadonlySet<string>,
  ): Promise<void> {
    const gone = [...cursors.values()].filter(
      ({ key, source: own }) => own === source && !present.has(key) && !searched.has(key),
    );
    if (gone.length === 0) return;
    for (const { key } of gone) searched.add(key);
    for (const file of await findMoved(gone, host)) {
      seeLeftOver(within === undefined ? file : { ...file, within });
    }
    pump();
  }

  return {
    know(all) {
      for (const cursor of all) cursors.set(cursor.key, cursor);
    },
    see(file) {
      seeFile(file);
      pump();
    },
    async seeAll(whose, files) {
      const source = whose.name;
      const present = new Set(files.map(({ key }) => key));
      const isLog = [...byKey.values()].some(
        ({ file }) => file.source === source && file.cut === "text-lines",
      );
      for (const tailed of [...byKey.values()]) {
        const { key, source: own } = tailed.file;
        if (own !== source || present.has(key)) continue;
        if (tailed.isLeftOver) enqueue(tailed);
        else forget(tailed);
      }
      for (const file of files) {
        searched.delete(file.key);
        seeFile(file).isLeftOver = false;
      }
      pump(); // not before all are in the queue, which puts the newest first
      if (isLog || files.some(({ cut }) => cut === "text-lines")) await searchMoved(whose, present);
    },
    files: () => byKey.values(),
    get backlog() {
      const isPutOff = (each: Tailed) => each.isUndecided && !busy.has(each) && !queue.has(each);
      return queue.size + busy.size + [...byKey.values()].filter(isPutOff).length;
    },
    async settled() {
      pump();
      if (isReading()) await new Promise<void>((resolve) => void settling.push(resolve));
    },
    async close() {
      isClosed = true;
      resume?.();
      if (busy.size > 0) await new Promise<void>((resolve) => void settling.push(resolve));
    },
  };
}
