import type { BigIntStats } from "node:fs";

/** One version of an object, as its file alone tells it. */
export interface Version {
  readonly etag: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Names this version among those of its key, also after the file was copied with its times. */
  readonly stamp: string;
  /** False where no content type and no metadata can have been kept beside it. */
  readonly mayHaveFacts: boolean;
}

/**
 * The inode changes with every replacement, as the new file is there before the old one goes; the time
 * tells apart what comes to have the same inode later, and what was edited in place.
 */
export function versionOf(stats: BigIntStats): Version {
  const { ino, mtimeNs, size } = stats;
  const stamp = `${mtimeNs.toString(36)}-${size.toString(36)}`;
  return {
    etag: `${ino.toString(36)}-${stamp}`,
    size: Number(size),
    modified: Number(mtimeNs / 1_000_000n),
    stamp,
    mayHaveFacts: microsecond(mtimeNs) % 2 === 0,
  };
}

/** The time to give the next file, in seconds since 1970. */
export type NextTime = (hasFacts: boolean) => number;

/**
 * Below the millisecond it is by chance, so that versions that processes write in one moment differ, and
 * within a process it never comes twice. An odd microsecond promises that nothing was kept beside the
 * file: whoever reads it need not look. File systems that count less finely make it even, which promises
 * nothing.
 */
export function createTimes(now: () => number, random: () => number): NextTime {
  let last = 0;
  return (hasFacts) => {
    const chosen = Math.floor(now()) * 1_000 + Math.floor(random() * 1_000);
    const free = Math.max(chosen, last + 1);
    const isOdd = free % 2 === 1;
    last = isOdd === hasFacts ? free + 1 : free;
    return last / 1_000_000;
  };
}

/** Rounded: a time goes through a double on its way to the file, and through 100 ns on NTFS. */
function microsecond(ns: bigint): number {
  return Number(((ns + 500n) / 1_000n) % 1_000n);
}
