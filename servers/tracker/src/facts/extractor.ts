import type { Facts } from "../model/facts.ts";
import type { TrackedRecord } from "../model/record.ts";

/** Derives facts from the records of one file, in their order. Pure: the same records give the same facts. */
export interface Extractor {
  /** `project` is that of its session; left out where none is known. */
  take(record: TrackedRecord, add: AddFact, project?: string): void;
  /** JSON, or "": what it knows of the records before, to go on after a restart. */
  memory(): string;
}

export interface ExtractorKind {
  /** Unique; its memory is kept under it. */
  readonly name: string;
  /** Of one session; `memory` is what its extractor said last. */
  open(memory: string): Extractor;
}

/** What every fact has of its record. */
type OfRecord = "id" | "recordId" | "sessionId" | "laneId" | "project" | "at";

/** Adds a fact that the record at hand shows. */
export type AddFact = <Kind extends keyof Facts>(
  kind: Kind,
  fact: Omit<Facts[Kind][number], OfRecord>,
) => void;

type Lists = { -readonly [Kind in keyof Facts]: Facts[Kind][number][] };

export interface FactCollector {
  readonly facts: Facts;
  /** Makes what adds facts of this record; they are numbered in the order in which they come. */
  of(record: TrackedRecord, project: string): AddFact;
}

export function createFactCollector(): FactCollector {
  const facts: Lists = { tasks: [], errors: [], runs: [], edits: [], usage: [] };
  return {
    facts,
    of({ id: recordId, sessionId, laneId, at }, project) {
      let number = 0;
      return (kind, fact) => {
        const id = `${recordId}#${number}`;
        number += 1;
        const lane = laneId === undefined ? {} : { laneId };
        const list: unknown[] = facts[kind];
        list.push({ id, recordId, sessionId, ...lane, project, at, ...fact });
      };
    },
  };
}
