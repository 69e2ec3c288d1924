import { isTrestleError, TrestleError } from "@trestle/protocol";
import type { RecordsMessage } from "../agent/wire.ts";
import { createFactCollector, type ExtractorKind } from "../facts/extractor.ts";
import { commitGood } from "../ingest/commit-good.ts";
import { type FileState, openFileState } from "../ingest/file-state.ts";
import type { TrackedRecord } from "../model/record.ts";
import type { Committed, Cursor, TrackerStore } from "../store/tracker-store.ts";
import { createRecent } from "../transcripts/recent.ts";

export interface TakeRecordsParts {
  readonly store: Pick<TrackerStore, "commit" | "cursor" | "memories">;
  readonly extractors: readonly ExtractorKind[];
  /** Takes out what this tracker's operator does not want kept. */
  redact(record: TrackedRecord): TrackedRecord;
  now(): number;
  onCommitted(committed: Committed): void;
}

/** Files whose extractors are kept open; of others they begin with what they remember. */
const MOST_OPEN = 64;
/** Messages that another store had taken, and this one never saw. */
const LOST = "taken by a store that is no more";

interface Open {
  readonly state: FileState;
  readonly seq: number;
}

/**
 * Stores what an agent read of a file, with its number: what was stored already is taken again without being stored.
 * Throws `denied` for what is under the name of another agent.
 */
export function createTakeRecords(
  parts: TakeRecordsParts,
): (agent: string, message: RecordsMessage) => Promise<void> {
  const { store, extractors, redact, now } = parts;
  const open = createRecent<Open>(MOST_OPEN);

  async function openFor(key: string, before: Cursor | undefined, message: RecordsMessage) {
    // Another file stands at its path: what was known of the one before it says nothing of it.
    const isSame = before !== undefined && before.begunAt === message.begunAt;
    const kept = open.get(key);
    if (isSame && kept?.seq === before.offset) return kept.state;
    const memory = isSame ? ((await store.memories([key])).get(key) ?? "") : "";
    const { source, path, begunAt } = message;
    const file = { ...{ key, source, path, cut: "json-lines" as const }, size: 0, mtimeMs: 0 };
    // Its reader is the agent's; here nothing is read.
    return openFileState({ file, kind: "hook", begunAt, memory, now }, extractors);
  }

  async function take(agent: string, message: RecordsMessage): Promise<void> {
    const key = `agent:${agent}:${message.stream}`;
    const before = await store.cursor(key);
    const { source, path, seq, begunAt } = message;
    if (before !== undefined && seq <= before.offset) return;
    const state = await openFor(key, before, message);
    const collector = createFactCollector();
    const projects = new Map(message.sessions.map(([id, { project }]) => [id, project]));
    const records = message.records.map((record) => redact(record));
    for (const record of records) {
      const project = projects.get(record.sessionId) ?? "";
      const add = collector.of(record, project);
      for (const extractor of state.extractorsOf(record.sessionId))
        extractor.take(record, add, project);
    }
    const skipped = new Map(message.skipped);
    const lost = seq - (before?.offset ?? 0) - 1;
    if (lost > 0) skipped.set(LOST, lost);
    const cursor: Cursor = {
      ...{ key, source, path, offset: seq, head: "", headLength: 0, tail: "", begunAt },
    };
    const committed = await commitGood(store, {
      ...{ cursor, ...(before && { expected: before }), records, facts: collector.facts, skipped },
      memories: new Map([[key, state.memory()]]),
      sessions: new Map(message.sessions),
    });
    open.set(key, { state, seq });
    parts.onCommitted(committed);
  }

  return async (agent, message) => {
    checkNames(agent, message);
    try {
      await take(agent, message);
    } catch (error) {
      if (!isTrestleError(error) || error.code !== "conflict") throw error;
      // The same message came twice at once, since its first answer was lost: then it is stored by now.
      await take(agent, message);
    }
  };
}

function checkNames(agent: string, { source, records }: RecordsMessage): void {
  const own = `${agent}/`;
  const foreign = [source, ...records.map(({ origin }) => origin.source)].find(
    (name) => !name.startsWith(own),
  );
  if (foreign === undefined) return;
  throw new TrestleError(
    "denied",
    `The agent ${agent} may not deliver ${foreign}: its sources are ${own}…`,
  );
}
