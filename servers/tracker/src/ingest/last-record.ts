import type { Extractor } from "../facts/extractor.ts";
import type { TrackedRecord } from "../model/record.ts";
import { QUIET, quietRecord } from "../tasks/quiet-record.ts";
import { parseMemory } from "../transcripts/recent.ts";

/** Knows the last record of a session in a file, until it was said that nobody went on with it. */
export interface LastRecord extends Extractor {
  /**
   * Says so, `afterMs` behind the last record; undefined where that was said already. The same whoever says it and
   * whenever, so that it is stored once.
   */
  quiet(afterMs: number): TrackedRecord | undefined;
}

type Kept = Pick<TrackedRecord, "id" | "sessionId" | "laneId" | "origin" | "at">;

export function openLastRecord(memory: string): LastRecord {
  let last = parseMemory<{ readonly last?: Kept }>(memory, {}).last;
  return {
    take({ id, sessionId, laneId, origin, at, type }) {
      const lane = laneId === undefined ? {} : { laneId };
      last = type === QUIET ? undefined : { id, sessionId, ...lane, origin, at };
    },
    memory: () => (last === undefined ? "" : JSON.stringify({ last })),
    quiet: (afterMs) => (last === undefined ? undefined : quietRecord(last, last.at + afterMs)),
  };
}
