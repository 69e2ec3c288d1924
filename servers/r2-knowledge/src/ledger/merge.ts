import type { GoneLine, LedgerLine } from "./fold.ts";

/** What is known of an id: the highest version, and whether that is its end. */
export interface Known {
  readonly version: number;
  readonly gone: boolean;
}

/** The highest version of every id. Lines can be merged in any order, and any number of times. */
export interface Versions {
  /** Takes lines in and returns those that were news, in their order. */
  merge(lines: readonly LedgerLine[]): LedgerLine[];
  get(id: string): Known | undefined;
  live(): IterableIterator<[id: string, version: number]>;
  gone(): GoneLine[];
  counts(): { readonly live: number; readonly gone: number };
  /** As it is now, without the ends before `since`, in milliseconds since 1970. */
  table(since: number): VersionTable;
  load(table: VersionTable): void;
}

/** Flat, because there are very many. */
export interface VersionTable {
  /** id, version, id, version … */
  readonly live: readonly (string | number)[];
  /** id, version, at, … */
  readonly gone: readonly (string | number)[];
}

export function createVersions(): Versions {
  const live = new Map<string, number>();
  const gone = new Map<string, GoneLine>();

  function isNews({ kind, id, version }: LedgerLine): boolean {
    const ended = gone.get(id)?.version ?? Number.NEGATIVE_INFINITY;
    const alive = live.get(id) ?? Number.NEGATIVE_INFINITY;
    // Of one version, its end counts more than the version itself.
    return version > ended && (kind === "gone" ? version >= alive : version > alive);
  }

  function take(line: LedgerLine): void {
    if (line.kind === "gone") {
      live.delete(line.id);
      gone.set(line.id, line);
    } else {
      gone.delete(line.id);
      live.set(line.id, line.version);
    }
  }

  return {
    merge(lines) {
      return lines.filter((line) => {
        if (!isNews(line)) return false;
        take(line);
        return true;
      });
    },
    get(id) {
      const version = live.get(id);
      if (version !== undefined) return { version, gone: false };
      const end = gone.get(id);
      return end && { version: end.version, gone: true };
    },
    live: () => live.entries(),
    gone: () => [...gone.values()],
    counts: () => ({ live: live.size, gone: gone.size }),
    table: (since) => ({
      live: [...live].flat(),
      gone: [...gone.values()].flatMap(({ id, version, at }) =>
        at < since ? [] : [id, version, at],
      ),
    }),
    load(table) {
      live.clear();
      gone.clear();
      for (let at = 0; at + 1 < table.live.length; at += 2) {
        live.set(String(table.live[at]), Number(table.live[at + 1]));
      }
      for (let at = 0; at + 2 < table.gone.length; at += 3) {
        const [id, version, when] = table.gone.slice(at, at + 3);
        take({ kind: "gone", id: String(id), version: Number(version), at: Number(when) });
      }
    },
  };
}
