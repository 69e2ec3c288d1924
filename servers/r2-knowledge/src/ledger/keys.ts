/**
 * The objects of one index:
 *
 *     <prefix>seg/<ulid>-<writer>.<commit>.ndjson.gz   a run of commits of one writer, up to this one
 *     <prefix>snap/<number>-<ulid>.bin                 the folded state
 *     <prefix>manifest.json                            which snapshot counts, and what is in it
 *
 * A run grows by being written again under the next commit number: of the segments of one run the
 * highest holds all the others, and the listing alone tells which ones those are.
 */
export interface LedgerKeys {
  readonly manifest: string;
  readonly segments: string;
  readonly snapshots: string;
  segment(run: string, commit: number): string;
  snapshot(number: number, id: string): string;
  /** Undefined for a key of something else. */
  parseSegment(key: string): { readonly run: string; readonly commit: number } | undefined;
  /** The number in a snapshot's key. */
  parseSnapshot(key: string): number | undefined;
}

/** So many digits, so that the order of keys is the order of commits. */
const COMMIT_DIGITS = 4;
export const MAX_COMMITS: number = 10 ** COMMIT_DIGITS - 1;

const SEGMENT = /^([0-9A-Za-z]{1,40}-[0-9A-Za-z_-]{1,64})\.(\d{4})\.ndjson\.gz$/;
const SNAPSHOT = /^(\d{1,15})-[0-9A-Za-z]{1,40}\.bin$/;
const WRITER = /^[0-9A-Za-z_-]{1,64}$/;

export function createKeys(prefix: string): LedgerKeys {
  const segments = `${prefix}seg/`;
  const snapshots = `${prefix}snap/`;

  return {
    manifest: `${prefix}manifest.json`,
    segments,
    snapshots,
    segment: (run, commit) =>
      `${segments}${run}.${String(commit).padStart(COMMIT_DIGITS, "0")}.ndjson.gz`,
    snapshot: (number, id) => `${snapshots}${number}-${id}.bin`,
    parseSegment(key) {
      const [, run, commit] = SEGMENT.exec(key.slice(segments.length)) ?? [];
      if (!key.startsWith(segments) || run === undefined) return undefined;
      return { run, commit: Number(commit) };
    },
    parseSnapshot(key) {
      const [, number] = SNAPSHOT.exec(key.slice(snapshots.length)) ?? [];
      return key.startsWith(snapshots) && number !== undefined ? Number(number) : undefined;
    },
  };
}

export function checkWriter(writer: string): string {
  if (WRITER.test(writer)) return writer;
  throw new RangeError(
    `${JSON.stringify(writer)} names no writer: 1 to 64 letters, digits, hyphens and underscores.`,
  );
}
