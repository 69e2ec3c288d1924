import type { Extractor, ExtractorKind } from "../facts/extractor.ts";
import type { TrackedRecord } from "../model/record.ts";
import { QUIET } from "../tasks/quiet-record.ts";
import { parseMemory } from "../transcripts/recent.ts";
import { openLastRecord } from "./last-record.ts";

/** A session of a text that was pasted, perhaps not for the first time. */
export interface PastedSession {
  /** What derives facts of its next record; nothing where that was done when it was pasted before. */
  extractorsFor(record: Pick<TrackedRecord, "id" | "type">): readonly Extractor[];
  /** Says that nobody goes on with what is new, as its last record. */
  quiet(): TrackedRecord | undefined;
  memory(): string;
}

interface Remembered {
  /** The last record of the earlier paste. */
  readonly upTo?: string | undefined;
  readonly extractors?: Readonly<Record<string, string>>;
}

/** `ids`: of all records that the text holds now. Where the earlier paste is no part of it, it is read anew. */
export function openPastedSession(
  ids: ReadonlySet<string>,
  kinds: readonly ExtractorKind[],
  memory: string,
): PastedSession {
  const kept = parseMemory<Remembered>(memory, {});
  const before = kept.upTo !== undefined && ids.has(kept.upTo) ? kept : {};
  const extractors = kinds.map(({ name, open }) => open(before.extractors?.[name] ?? ""));
  const last = openLastRecord("");
  const all = [...extractors, last];
  let { upTo } = before;
  let isKnown = upTo !== undefined;
  return {
    extractorsFor({ id, type }) {
      if (!isKnown) {
        if (type !== QUIET) upTo = id;
        return all;
      }
      isKnown = id !== upTo;
      return [];
    },
    quiet: () => last.quiet(0),
    memory() {
      const told = extractors.map((each, n) => [kinds[n]?.name ?? "", each.memory()] as const);
      const remembered: Remembered = {
        upTo,
        extractors: Object.fromEntries(told.filter(([, said]) => said !== "")),
      };
      return JSON.stringify(remembered);
    },
  };
}
