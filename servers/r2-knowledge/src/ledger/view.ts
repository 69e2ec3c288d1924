import type { Fold, LedgerLine } from "./fold.ts";
import type { LedgerKeys } from "./keys.ts";
import { type ListedSegment, longestOf } from "./listing.ts";
import { coverageOf, type Manifest } from "./manifest.ts";
import { createVersions, type Versions, type VersionTable } from "./merge.ts";
import type { SnapshotContent } from "./snapshot.ts";
import type { Committed } from "./writer.ts";

/** An object of the index that could not be used; what else there is was. */
export interface Problem {
  readonly kind: "corrupt_manifest" | "corrupt_snapshot" | "corrupt_segment";
  readonly key: string;
  readonly message: string;
}

/** The state at one moment, and what it is made of. */
export interface Cut {
  readonly fold: Promise<Uint8Array>;
  readonly table: VersionTable;
  /** Keys of segments that are in it and in no snapshot yet. */
  readonly absorbed: readonly string[];
}

/** A segment as it was read: its lines, or why it has none. */
export interface ReadSegment extends ListedSegment {
  readonly lines: readonly LedgerLine[];
  readonly damage?: Error | undefined;
}

/** What one process has folded in so far. Nothing here waits, so that nobody sees it half done. */
export interface View {
  readonly versions: Versions;
  /** Whether anything was read yet. */
  isLoaded(): boolean;
  /** How far a run is folded in. */
  applied(run: string): number;
  /** Of these, what is to be read to know all that they hold. */
  missing(listing: readonly ListedSegment[]): ListedSegment[];
  /**
   * Begins anew with a snapshot, which holds so much of each run. Throws where it cannot be read,
   * and then there is nothing.
   */
  load(content: SnapshotContent | undefined, coverage: ReadonlyMap<string, number>): void;
  take(segments: readonly ReadSegment[]): void;
  takeOwn(commit: Committed): void;
  /** Remembers what is there, and forgets what is no more; `own` was written since the listing. */
  settle(
    listing: readonly ListedSegment[],
    manifest: Manifest | undefined,
    own?: readonly Committed[],
  ): void;
  /** Segments that no snapshot holds. */
  unabsorbed(): ListedSegment[];
  /** All segments as they were listed last. */
  listed(): readonly ListedSegment[];
  /** Gives all lines that come in from now on, news or not; returns what ends it. */
  follow(listener: (lines: readonly LedgerLine[]) => void): () => void;
  /** How often everything was read anew; a follower has missed something where it grew. */
  loads(): number;
  damaged(): Problem[];
  /** Keys of segments that a cut would absorb. */
  absorbable(): string[];
  cut(keepGoneSince: number): Cut;
}

export function createView(fold: Fold, keys: LedgerKeys): View {
  const versions = createVersions();
  const applied = new Map<string, number>();
  const damaged = new Map<string, { readonly etag: string; readonly message: string }>();
  let listed: readonly ListedSegment[] = [];
  let coverage: ReadonlyMap<string, number> = new Map();
  let loaded = false;
  let loads = 0;
  const followers = new Set<(lines: readonly LedgerLine[]) => void>();

  const reached = (run: string) => applied.get(run) ?? 0;
  const isDamaged = ({ key, etag }: ListedSegment) => damaged.get(key)?.etag === etag;

  function foldIn(lines: readonly LedgerLine[]): void {
    for (const follower of followers) follower(lines);
    const news = versions.merge(lines);
    if (news.length > 0) fold.apply(news);
  }

  function loadContent(content: SnapshotContent): void {
    try {
      versions.load(content.table);
      fold.load(content.fold);
    } catch (error) {
      versions.load();
      fold.reset();
      throw error;
    }
  }

  function unabsorbed(): ListedSegment[] {
    return longestOf(listed).filter(({ run, commit }) => commit > (coverage.get(run) ?? 0));
  }

  function absorbable(): string[] {
    return unabsorbed()
      .filter(({ run, commit }) => commit <= reached(run))
      .map(({ key }) => key);
  }

  return {
    versions,
    isLoaded: () => loaded,
    applied: reached,
    missing: (listing) =>
      longestOf(listing).filter(
        (segment) => segment.commit > reached(segment.run) && !isDamaged(segment),
      ),
    load(content, covered) {
      loaded = false;
      applied.clear();
      damaged.clear();
      versions.load();
      fold.reset();
      if (content !== undefined) loadContent(content);
      for (const [run, commit] of covered) applied.set(run, commit);
      loaded = true;
      loads += 1;
    },
    take(segments) {
      foldIn(segments.flatMap(({ lines }) => lines));
      for (const { key, etag, run, commit, damage } of segments) {
        if (damage === undefined) applied.set(run, Math.max(commit, reached(run)));
        else damaged.set(key, { etag, message: damage.message });
      }
    },
    takeOwn({ run, commit, lines }) {
      if (!loaded) return;
      foldIn(lines);
      if (reached(run) === commit - 1) applied.set(run, commit);
    },
    settle(listing, manifest, own = []) {
      listed = listing;
      coverage = coverageOf(manifest?.history ?? [], keys);
      const there = new Set(listing.map(({ key }) => key));
      for (const key of damaged.keys()) if (!there.has(key)) damaged.delete(key);
      const runs = new Set([...listing, ...own].map(({ run }) => run));
      for (const run of applied.keys()) {
        if (!runs.has(run) && !coverage.has(run)) applied.delete(run);
      }
    },
    unabsorbed,
    listed: () => listed,
    follow(listener) {
      followers.add(listener);
      return () => followers.delete(listener);
    },
    loads: () => loads,
    damaged: () =>
      [...damaged].map(([key, { message }]) => ({ kind: "corrupt_segment", key, message })),
    absorbable,
    cut: (keepGoneSince) => ({
      fold: fold.snapshot(),
      table: versions.table(keepGoneSince),
      absorbed: absorbable(),
    }),
  };
}
