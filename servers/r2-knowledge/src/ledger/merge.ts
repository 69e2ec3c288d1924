import { grown } from "../packed/growing.ts";
import type { Sections } from "../packed/sections.ts";
import { atOnce } from "../packed/slices.ts";
import { Vocabulary } from "../packed/vocabulary.ts";
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
  /** Valid until the next merge. */
  live(): Generator<[id: string, version: number]>;
  gone(): GoneLine[];
  counts(): { readonly live: number; readonly gone: number };
  /** As it is now, whatever comes later, without the ends before `since`, in milliseconds since 1970. */
  table(since: number): VersionTable;
  /** Begins anew with a table, or with nothing. Throws where it is none. */
  load(table?: VersionTable): void;
}

/** Ids and their versions, packed because there are very many; and those that ended, as JSON in UTF-8. */
export type VersionTable = Sections;

const LEAST_ENDED = 1_000;
const ENDED_SHARE = 1 / 4;

export function createVersions(): Versions {
  let live = new LiveVersions();
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
      const news = lines.filter((line) => {
        if (!isNews(line)) return false;
        take(line);
        return true;
      });
      if (live.isDue) live = live.compacted();
      return news;
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
    table(since) {
      const ends = [...gone.values()].filter(({ at }) => at >= since);
      const told = JSON.stringify(ends.map(({ id, version, at }) => [id, version, at]));
      return { ...live.sections(), gone: new TextEncoder().encode(told) };
    },
    load(table) {
      live = new LiveVersions();
      gone.clear();
      if (table === undefined) return;
      const ends = readEnds(table.gone);
      live.load(table);
      for (const [id, version, at] of ends) take({ kind: "gone", id, version, at });
    },
  };
}

function readEnds(
  bytes: Sections[string] | undefined,
): [id: string, version: number, at: number][] {
  const ends: unknown = bytes && JSON.parse(new TextDecoder().decode(bytes));
  if (!Array.isArray(ends)) throw new Error("it has no table of versions");
  return ends as [string, number, number][];
}

/** A map of ids to versions in a few arrays: as a Map, each id costs some 120 bytes instead of 80. */
class LiveVersions {
  readonly #ids = new Vocabulary();
  /** Of each id; not a number where it ended. */
  #versions: Float64Array<ArrayBuffer> = new Float64Array(16);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Whether enough ended to sweep it out. */
  get isDue(): boolean {
    const ended = this.#ids.size - this.#size;
    return ended > Math.max(LEAST_ENDED, this.#ids.size * ENDED_SHARE);
  }

  get(id: string): number | undefined {
    const version = this.#versions[this.#ids.find(id)];
    return version === undefined || Number.isNaN(version) ? undefined : version;
  }

  set(id: string, version: number): void {
    if (this.get(id) === undefined) this.#size += 1;
    const number = this.#ids.add(id);
    this.#versions = grown(this.#versions, number + 1);
    this.#versions[number] = version;
  }

  delete(id: string): void {
    if (this.get(id) === undefined) return;
    this.#versions[this.#ids.find(id)] = Number.NaN;
    this.#size -= 1;
  }

  *entries(): Generator<[id: string, version: number]> {
    for (let number = 0; number < this.#ids.size; number += 1) {
      const version = this.#versions[number] as number;
      if (!Number.isNaN(version)) yield [this.#ids.textOf(number), version];
    }
  }

  compacted(): LiveVersions {
    const next = new LiveVersions();
    next.load(this.sections());
    return next;
  }

  sections(): Sections {
    const versions = this.#versions.subarray(0, this.#ids.size);
    if (this.#size === this.#ids.size) {
      return { ...atOnce(this.#ids.sections("ids", undefined)), versions: versions.slice() };
    }
    const kept = new Uint32Array(this.#size);
    let size = 0;
    for (const [number, version] of versions.entries()) {
      if (!Number.isNaN(version)) kept[size++] = number;
    }
    return {
      ...atOnce(this.#ids.sections("ids", kept)),
      versions: versions.filter((version) => !Number.isNaN(version)),
    };
  }

  /** Fills an empty one with what `sections` gave. */
  load(sections: Sections): void {
    const { versions, "ids.units": units, "ids.starts": starts } = sections;
    if (
      !(versions instanceof Float64Array && units instanceof Uint16Array) ||
      !(starts instanceof Uint32Array && starts.length === versions.length + 1)
    ) {
      throw new Error("it has no table of versions");
    }
    this.#ids.load(sections, "ids");
    this.#versions = versions;
    this.#size = versions.length;
  }
}
