import type { Extractor, ExtractorKind } from "../facts/extractor.ts";
import type { TrackedRecord } from "../model/record.ts";
import { parseMemory } from "../transcripts/recent.ts";
import { type LastRecord, openLastRecord } from "./last-record.ts";
import { openReader, type ReaderContext, type UnitReader } from "./open-reader.ts";

/** What reads one file, and what derives facts of the sessions in it. */
export interface FileState {
  readonly reader: UnitReader;
  extractorsOf(sessionId: string): readonly Extractor[];
  /** For each session that nobody goes on with, what says so, `afterMs` behind its last record; once. */
  quietRecords(afterMs: number): readonly TrackedRecord[];
  /** JSON: all that they know, to go on after a restart. */
  memory(): string;
}

interface Remembered {
  readonly reader: string;
  /** By session, then by extractor. */
  readonly sessions: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A file tells of one session, or of some that it goes on from: of older ones nothing more is expected. */
const MOST_SESSIONS = 8;
/** Under which the last record of a session is remembered, beside the names of extractors. */
const LAST = "last";

interface OpenSession {
  readonly extractors: readonly Extractor[];
  /** The last of them; a log has no end. */
  readonly last: LastRecord | undefined;
}

export function openFileState(
  context: ReaderContext,
  extractors: readonly ExtractorKind[],
): FileState {
  const before = parseMemory<Remembered>(context.memory, { reader: "", sessions: {} });
  const reader = openReader({ ...context, memory: before.reader });
  const hasEnd = context.kind !== "log" && context.kind !== "hook";
  const sessions = new Map<string, OpenSession>();
  for (const id of Object.keys(before.sessions)) open(id);

  function open(id: string): OpenSession {
    const remembered = Object.hasOwn(before.sessions, id) ? before.sessions[id] : undefined;
    const own = extractors.map(({ name, open }) => open(remembered?.[name] ?? ""));
    const last = hasEnd ? openLastRecord(remembered?.[LAST] ?? "") : undefined;
    const opened = { extractors: last === undefined ? own : [...own, last], last };
    sessions.set(id, opened);
    const [oldest] = sessions.keys();
    if (sessions.size > MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest);
    return opened;
  }

  function memoryOf({ extractors: opened }: OpenSession): Record<string, string> {
    const memories = opened.map((each, n) => [extractors[n]?.name ?? LAST, each.memory()]);
    return Object.fromEntries(memories.filter(([, memory]) => memory !== ""));
  }

  return {
    reader,
    extractorsOf: (id) => (sessions.get(id) ?? open(id)).extractors,
    quietRecords: (afterMs) =>
      [...sessions.values()].flatMap(({ last }) => last?.quiet(afterMs) ?? []),
    memory() {
      const bySession = [...sessions].map(([id, opened]) => [id, memoryOf(opened)] as const);
      const told = bySession.filter(([, memories]) => Object.keys(memories).length > 0);
      const memory: Remembered = { reader: reader.memory(), sessions: Object.fromEntries(told) };
      return memory.reader === "" && told.length === 0 ? "" : JSON.stringify(memory);
    },
  };
}
