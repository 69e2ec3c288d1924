import { createFactCollector, type Extractor } from "../facts/extractor.ts";
import type { SessionFacts, TrackedRecord } from "../model/record.ts";
import type { Batch } from "../store/tracker-store.ts";
import { isSkipped, type ReadResult } from "../transcripts/transcript-format.ts";

export interface BatchParts {
  /** Takes secrets out. */
  redact(record: TrackedRecord): TrackedRecord;
  /** Of a session, from where it runs if it tells so. */
  projectOf(sessionId: string, cwd: string | undefined): Promise<string>;
}

/** Gathers what is read of one source until it is stored. */
export interface BatchBuilder {
  add(result: ReadResult, extractorsOf: (sessionId: string) => readonly Extractor[]): Promise<void>;
  skip(reason: string, count: number): void;
  readonly isEmpty: boolean;
  build(): Pick<Batch, "records" | "facts" | "sessions" | "skipped">;
}

export function createBatchBuilder({ redact, projectOf }: BatchParts): BatchBuilder {
  const records: TrackedRecord[] = [];
  const collector = createFactCollector();
  const sessions = new Map<string, SessionFacts & { readonly project: string }>();
  const skipped = new Map<string, number>();

  function skip(reason: string, count: number): void {
    skipped.set(reason, (skipped.get(reason) ?? 0) + count);
  }

  return {
    skip,
    async add(result, extractorsOf) {
      if (isSkipped(result)) {
        // A blank line is no line that was lost.
        if (result.skipped !== "blank") skip(result.skipped, 1);
        return;
      }
      const record = redact({ ...result, at: wholeTime(result.at) });
      const { sessionId, session } = record;
      const project = await projectOf(sessionId, session?.cwd);
      if (session !== undefined || !sessions.has(sessionId)) {
        sessions.set(sessionId, { ...sessions.get(sessionId), ...session, project });
      }
      const add = collector.of(record, project);
      for (const extractor of extractorsOf(sessionId)) extractor.take(record, add, project);
      records.push(record);
    },
    get isEmpty() {
      return records.length === 0 && skipped.size === 0;
    },
    build: () => ({ records, facts: collector.facts, sessions, skipped }),
  };
}

/** The last time that a store has room for. */
const MAX_TIME = 2 ** 42 - 1;

function wholeTime(at: number): number {
  return Math.min(Math.max(Math.trunc(at), 0), MAX_TIME) || 0;
}
