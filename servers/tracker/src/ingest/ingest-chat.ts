import { TrestleError } from "@trestle/protocol";
import type { ExtractorKind } from "../facts/extractor.ts";
import type { Committed, TrackerStore } from "../store/tracker-store.ts";
import { cutLines } from "../tail/cut-lines.ts";
import { chat } from "../transcripts/chat/chat.ts";
import { detectFormat } from "../transcripts/formats.ts";
import { isSkipped, type ReadContext, type ReadResult } from "../transcripts/transcript-format.ts";
import { type BatchParts, createBatchBuilder } from "./batch-builder.ts";
import { openPastedSession, type PastedSession } from "./pasted-session.ts";

export interface PastedChat {
  /** Plain text, markdown, or the lines of a transcript. */
  readonly text: string;
  /** Names the session, so that a chat that went on is the same one; by default its beginning does. */
  readonly sessionId?: string;
}

export interface ChatCount {
  /** As the format that it was read as calls itself. */
  readonly format: string;
  readonly sessions: readonly string[];
  /** Stored now. */
  readonly records: number;
  /** Stored before, by an earlier paste or from a file. */
  readonly known: number;
  readonly skipped: Readonly<Record<string, number>>;
  /** Tasks that were made or changed. */
  readonly tasks: readonly string[];
}

export interface ChatIngestOptions extends BatchParts {
  readonly store: Pick<TrackerStore, "commit" | "memories">;
  readonly extractors: readonly ExtractorKind[];
  now(): number;
  onCommitted?(committed: Committed): void;
}

const MOST_BYTES = 16 << 20;
/** Records of one batch. */
const AT_ONCE = 1_000;
/** Chats that may wait for their turn. */
const MOST_WAITING = 8;

/** What stores chats that are given as text: the same text again, or more of it, adds only what is new. */
export function createChatIngest(
  options: ChatIngestOptions,
): (pasted: PastedChat) => Promise<ChatCount> {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return (pasted) => {
    if (waiting >= MOST_WAITING) {
      throw new TrestleError(
        "rate_limited",
        "Too many chats are being read: try again in a moment.",
      );
    }
    waiting += 1;
    const turn = last.then(() => ingest(pasted, options)).finally(() => (waiting -= 1));
    last = turn.catch(() => {});
    return turn;
  };
}

async function ingest(pasted: PastedChat, options: ChatIngestOptions): Promise<ChatCount> {
  const bytes = Buffer.from(pasted.text);
  if (bytes.length > MOST_BYTES) {
    const message = `The chat has ${bytes.length} bytes, and ${MOST_BYTES} is the most: give it in parts, or watch its file.`;
    throw new TrestleError("invalid_input", message);
  }
  const { sessionId } = pasted;
  const context = { source: "chat", path: "pasted", now: options.now };
  const { format, results } = read(
    bytes,
    sessionId === undefined ? context : { ...context, sessionId },
  );
  const sessions = await openSessions(results, options);
  const skipped: Record<string, number> = {};
  const tasks = new Set<string>();
  let records = 0;
  let told = 0;
  for (let from = 0; from < results.length; from += AT_ONCE) {
    const batch = createBatchBuilder(options);
    for (const result of results.slice(from, from + AT_ONCE)) {
      if (isSkipped(result)) skipped[result.skipped] = (skipped[result.skipped] ?? 0) + 1;
      else told += 1;
      await batch.add(result, (session) =>
        isSkipped(result) ? [] : (sessions.get(session)?.extractorsFor(result) ?? []),
      );
    }
    // Of what is no file, lines that could not be read are told to whoever gave them.
    const built = { ...batch.build(), skipped: new Map(), memories: new Map() };
    const committed = await options.store.commit(built);
    options.onCommitted?.(committed);
    records += committed.records.length;
    for (const task of committed.tasks) tasks.add(task);
  }
  for (const task of await endSessions(sessions, options)) tasks.add(task);
  const known = told - records;
  return { format, sessions: [...sessions.keys()], records, known, skipped, tasks: [...tasks] };
}

async function openSessions(
  results: readonly ReadResult[],
  { store, extractors }: ChatIngestOptions,
): Promise<ReadonlyMap<string, PastedSession>> {
  const records = results.flatMap((result) => (isSkipped(result) ? [] : [result]));
  const ids = new Set(records.map(({ id }) => id));
  const names = [...new Set(records.map(({ sessionId }) => sessionId))];
  const memories = await store.memories(names.map(memoryKey));
  return new Map(
    names.map((name) => [
      name,
      openPastedSession(ids, extractors, memories.get(memoryKey(name)) ?? ""),
    ]),
  );
}

/** What was pasted is all there is: says so, and tells which tasks that shows. */
async function endSessions(
  sessions: ReadonlyMap<string, PastedSession>,
  options: ChatIngestOptions,
): Promise<readonly string[]> {
  const batch = createBatchBuilder(options);
  for (const session of sessions.values()) {
    const quiet = session.quiet();
    if (quiet !== undefined) await batch.add(quiet, () => session.extractorsFor(quiet));
  }
  if (batch.isEmpty) return [];
  const memories = new Map(
    [...sessions].map(([name, session]) => [memoryKey(name), session.memory()]),
  );
  const committed = await options.store.commit({ ...batch.build(), skipped: new Map(), memories });
  options.onCommitted?.(committed);
  return committed.tasks;
}

function memoryKey(sessionId: string): string {
  return `pasted:${sessionId}`;
}

function read(
  bytes: Buffer,
  context: ReadContext,
): { readonly format: string; readonly results: readonly ReadResult[] } {
  const lines = detectFormat("pasted.jsonl", bytes.subarray(0, 4_096));
  if (lines?.unit !== "line") return { format: chat.name, results: chat.read(bytes, context) };
  const reader = lines.open(context);
  const ended = Buffer.concat([bytes, Buffer.from("\n")]);
  const cut = cutLines(ended, { from: 0, base: 0, most: Number.MAX_SAFE_INTEGER, isText: false });
  const results = cut.lines.map(({ bytes: line, offset }) => reader.read(line, offset));
  return { format: lines.name, results };
}
