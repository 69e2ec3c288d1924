import type { ObjectStore } from "../object-store/object-store.ts";
import { corrupt, LedgerError } from "./errors.ts";
import { inParallel } from "./in-parallel.ts";
import type { LedgerKeys } from "./keys.ts";
import { type ListedSegment, listSegments, longestOf } from "./listing.ts";
import { coverageOf, type Manifest, reachesBackTo } from "./manifest.ts";
import { type Patience, patiently } from "./patience.ts";
import { type FoundManifest, readManifest } from "./read-manifest.ts";
import { decodeSegment } from "./segment.ts";
import { decodeSnapshot, type SnapshotContent } from "./snapshot.ts";
import type { Problem, ReadSegment, View } from "./view.ts";
import type { Committed } from "./writer.ts";

export interface ReaderParts {
  readonly store: ObjectStore;
  readonly keys: LedgerKeys;
  readonly view: View;
  readonly patience: Patience;
}

export interface Reader {
  /** Reads all that was durable when it was called into the view. One at a time. */
  read(): Promise<void>;
  /** Own commits, which need no reading. */
  takeOwn(commit: Committed): void;
  found(): FoundManifest;
  /** Whether the view holds all that the index holds. */
  isComplete(): boolean;
  problems(): Problem[];
}

/** What a state in memory begins with. */
interface Basis {
  readonly key: string;
  readonly content: SnapshotContent | undefined;
  /** The compactions whose segments are in it. */
  readonly history: Manifest["history"];
}

const WIDTH = 16;
const ATTEMPTS = 8;
const NOTHING: FoundManifest = { manifest: undefined, etag: undefined, damage: undefined };

/**
 * Listing first, manifest second: a segment is deleted only after a manifest named it, so that what
 * the listing lacks is in the snapshot of the manifest. What vanishes between listing and reading
 * was absorbed, or replaced by a longer segment; the next listing and manifest tell which.
 */
export function createReader({ store, keys, view, patience }: ReaderParts): Reader {
  let found = NOTHING;
  let snapshotProblems: Problem[] = [];
  let isWhole = true;
  // Own commits since the reading began, which the listing may lack.
  let late: Committed[] = [];

  async function readSegments(
    segments: readonly ListedSegment[],
    known: (run: string) => number,
  ): Promise<ReadSegment[] | undefined> {
    const read: ReadSegment[] = [];
    let vanished = false;
    await inParallel(segments, WIDTH, async (segment) => {
      const { key, run, commit } = segment;
      const object = await patiently(patience, (signal) => store.get(key, { signal }));
      if (object === undefined) {
        vanished = true;
        return;
      }
      try {
        const lines = await decodeSegment(key, object.body, { commit, known: known(run) });
        read.push({ ...segment, lines });
      } catch (error) {
        const damage = corrupt(key, error);
        if (damage.code === "newer_format") throw damage;
        read.push({ ...segment, lines: [], damage });
      }
    });
    return vanished ? undefined : read;
  }

  /** Adds what is new; false where something vanished meanwhile. */
  async function catchUp(listing: readonly ListedSegment[]): Promise<boolean> {
    const read = await readSegments(view.missing(listing), view.applied);
    if (read === undefined) return false;
    view.take(read);
    return true;
  }

  /** Whether the state in memory cannot be brought up to this manifest by reading segments. */
  function isOutrun(manifest: Manifest, listing: readonly ListedSegment[]): boolean {
    const { number, epoch } = found.manifest ?? { number: 0, epoch: 0 };
    if (epoch !== manifest.epoch || manifest.number < number) return true;
    if (number < reachesBackTo(manifest)) return true;
    const since = manifest.history.filter((compaction) => compaction.number > number);
    const there = new Map<string, number>();
    for (const { run, commit } of listing) there.set(run, Math.max(commit, there.get(run) ?? 0));
    return [...coverageOf(since, keys)].some(
      ([run, commit]) => view.applied(run) < commit && (there.get(run) ?? 0) < commit,
    );
  }

  async function readSnapshot(key: string): Promise<SnapshotContent | "vanished" | LedgerError> {
    const object = await patiently(patience, (signal) => store.get(key, { signal }));
    if (object === undefined) return "vanished";
    try {
      return decodeSnapshot(key, object.body);
    } catch (error) {
      const damage = corrupt(key, error);
      if (damage.code === "newer_format") throw damage;
      return damage;
    }
  }

  /** Puts a snapshot and what it lacks into the view, all at once. */
  async function loadWith(
    { key, content, history }: Basis,
    listing: readonly ListedSegment[],
  ): Promise<"loaded" | "moved" | LedgerError> {
    const coverage = coverageOf(history, keys);
    const known = (run: string) => coverage.get(run) ?? 0;
    const beyond = longestOf(listing).filter(({ run, commit }) => commit > known(run));
    const read = await readSegments(beyond, known);
    if (read === undefined) return "moved";
    try {
      view.load(content, coverage);
    } catch (error) {
      return corrupt(key, error);
    }
    view.take(read);
    for (const commit of late) view.takeOwn(commit);
    return "loaded";
  }

  /**
   * Everything anew. Where the snapshot is damaged, the one before it and the segments that were
   * absorbed since are as good, until they are deleted.
   */
  async function reload(
    listing: readonly ListedSegment[],
    manifest: Manifest | undefined,
    isLast: boolean,
  ): Promise<boolean> {
    const history = [...(manifest?.history ?? [])];
    const problems: Problem[] = [];
    let key = manifest?.snapshot;
    let isBasis = true;
    for (;;) {
      const content = key === undefined ? undefined : await readSnapshot(key);
      const outcome =
        content === "vanished" || content instanceof LedgerError
          ? content
          : await loadWith({ key: key ?? "", content, history }, listing);
      if (outcome === "loaded") break;
      if (outcome === "moved" || key === undefined) return false;
      if (outcome === "vanished" && !isLast) return false;
      const { message } = outcome === "vanished" ? missingSnapshot(key) : outcome;
      problems.push({ kind: "corrupt_snapshot", key, message });
      const last = history.pop();
      isBasis &&= last?.absorbed.every((absorbed) => isThere(absorbed, listing)) ?? false;
      key = last?.replaced;
    }
    snapshotProblems = problems;
    isWhole = isBasis;
    return true;
  }

  function isThere(key: string, listing: readonly ListedSegment[]): boolean {
    const wanted = keys.parseSegment(key);
    return listing.some(({ run, commit }) => run === wanted?.run && commit >= wanted.commit);
  }

  async function readOnce(isLast: boolean): Promise<boolean> {
    late = [];
    const listing = await listSegments(store, keys, patience);
    const next = await readManifest({ store, keys, patience }, found);
    // Of a damaged manifest nothing is known: what was read before it stays.
    const manifest = next.damage === undefined ? next.manifest : found.manifest;
    const isSame = manifest?.snapshot === found.manifest?.snapshot;
    const isAnew =
      !view.isLoaded() ||
      (!isSame && (manifest === undefined || !isWhole || isOutrun(manifest, listing)));
    const isRead = isAnew ? await reload(listing, manifest, isLast) : await catchUp(listing);
    if (!isRead) return false;
    // What was wrong with a snapshot that counts no more is of no interest.
    if (!isSame && !isAnew) snapshotProblems = [];
    found = { ...next, manifest };
    view.settle(listing, manifest, late);
    return true;
  }

  return {
    async read() {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        if (await readOnce(attempt > ATTEMPTS / 2)) return;
      }
      throw new LedgerError(
        "unsettled",
        `The index below ${keys.segments} was replaced ${ATTEMPTS} times while it was read. Ask again.`,
      );
    },
    takeOwn(commit) {
      late.push(commit);
      view.takeOwn(commit);
    },
    found: () => found,
    isComplete: () => view.isLoaded() && isWhole && found.damage === undefined,
    problems: () => [...manifestProblem(found, keys), ...snapshotProblems, ...view.damaged()],
  };
}

function manifestProblem({ damage }: FoundManifest, keys: LedgerKeys): Problem[] {
  if (damage === undefined) return [];
  return [{ kind: "corrupt_manifest", key: keys.manifest, message: damage.message }];
}

function missingSnapshot(key: string): LedgerError {
  return new LedgerError(
    "corrupt",
    `${key} is missing, though the manifest names it. The records are whole: rebuild the index from them.`,
  );
}
