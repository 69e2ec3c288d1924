import { hash } from "node:crypto";
import { basename } from "node:path/posix";
import type { JsonObject } from "@trestle/protocol";
import type { Part, TrackedRecord } from "../../model/record.ts";
import { defined, objectIn, objectsIn, textIn, timeIn } from "../fields.ts";
import { createJsonLineReader, guarded, type Line, parseObject } from "../json-lines.ts";
import { createRecent, parseMemory } from "../recent.ts";
import { recordId } from "../record-id.ts";
import { createSessionNews, type SessionWords } from "../session-news.ts";
import {
  type DocumentFormat,
  isSkipped,
  type LineFormat,
  type LineReader,
  type ReadContext,
  type ReadResult,
} from "../transcript-format.ts";
import { messageParts, NOTHING_TOLD, type Told } from "./message.ts";

const AGENT = "gemini";
/** Only the last messages still grow. */
const MOST_MESSAGES = 20;

/** `chats/session-*.jsonl` of the Gemini CLI: a message is appended again, whole, each time it grew. */
export const gemini: LineFormat = {
  name: AGENT,
  agent: AGENT,
  unit: "line",
  detect: (path, head) => path.endsWith(".jsonl") && /^\s*\{[^\n]*"projectHash"\s*:/.test(head),
  open,
};

/** `chats/session-*.json` of older releases: one document, written anew each time. */
export const geminiDocument: DocumentFormat = {
  name: "gemini-document",
  agent: AGENT,
  unit: "document",
  detect: (path, head) =>
    path.endsWith(".json") && /"projectHash"\s*:/.test(head) && /"sessionId"\s*:/.test(head),
  read: readDocument,
};

interface Remembered {
  readonly session?: string | undefined;
  readonly told: [string, Told][];
}

function open(context: ReadContext, memory = ""): LineReader {
  const before = parseMemory<Remembered>(memory, { told: [] });
  const told = createRecent<Told>(MOST_MESSAGES, before.told);
  const news = createSessionNews();
  let session = before.session;
  let lastAt: number | undefined;

  function interpret(line: JsonObject, at: Line): TrackedRecord | undefined {
    const type = textIn(line, "type");
    const header = type === undefined ? (objectIn(line, "$set") ?? line) : undefined;
    if (header !== undefined) session = textIn(header, "sessionId") ?? session;
    else if (textIn(line, "id") === undefined) return undefined;
    const sessionId = `${AGENT}:${session ?? context.sessionId ?? basename(context.path, ".jsonl")}`;
    lastAt = timeIn(line, "timestamp") ?? timeIn(header, "lastUpdated") ?? lastAt;
    const uuid = type === undefined ? undefined : textIn(line, "id");
    const isFirst = uuid !== undefined && told.get(uuid) === undefined;
    return defined<TrackedRecord>({
      id: recordId(sessionId, isFirst ? uuid : undefined, at),
      sessionId,
      laneId: undefined,
      at: lastAt ?? timeIn(header, "startTime") ?? context.now(),
      type: type ?? "metadata",
      origin: defined({ source: context.source, path: context.path, offset: at.offset, uuid }),
      parts: uuid === undefined ? [] : tell(uuid, line, sessionId),
      session: news(sessionId, sessionWords(header, context.cwd)),
    });
  }

  function tell(uuid: string, message: JsonObject, sessionId: string) {
    const said = messageParts(message, told.get(uuid) ?? NOTHING_TOLD, sessionId);
    told.set(uuid, said.told);
    return said.parts;
  }

  return createJsonLineReader(interpret, () => JSON.stringify({ session, told: told.entries() }));
}

function sessionWords(header: JsonObject | undefined, folder: string | undefined): SessionWords {
  return {
    agent: AGENT,
    title: textIn(header, "summary"),
    cwd: textIn(header, "cwd") ?? textIn(header, "projectRoot") ?? folder,
  };
}

/** A record for each part, named by what it is: what a message says later is a new one, and the rest stays. */
function readDocument(document: Buffer, context: ReadContext): readonly ReadResult[] {
  const value = parseObject(document);
  if ("skipped" in value) return [value.skipped];
  const { object } = value;
  const session = textIn(object, "sessionId") ?? context.sessionId;
  const sessionId = `${AGENT}:${session ?? basename(context.path, ".json")}`;
  const begun = timeIn(object, "startTime") ?? context.now();
  const around = { sessionId, begun, context };
  const results = objectsIn(object, "messages").flatMap((message): readonly ReadResult[] =>
    [guarded(() => partRecords(message, around))].flat(),
  );
  const first = results.find((result) => !isSkipped(result));
  const news = createSessionNews()(sessionId, sessionWords(object, context.cwd));
  return results.map((result) =>
    result === first && !isSkipped(result)
      ? defined<TrackedRecord>({ laneId: undefined, ...result, session: news })
      : result,
  );
}

interface Around {
  readonly sessionId: string;
  readonly begun: number;
  readonly context: ReadContext;
}

function partRecords(message: JsonObject, { sessionId, begun, context }: Around): TrackedRecord[] {
  const type = textIn(message, "type") ?? "message";
  const uuid = textIn(message, "id") ?? "";
  return messageParts(message, NOTHING_TOLD, sessionId).parts.map((part) => ({
    id: `${sessionId}/${uuid}/${nameOf(part)}`,
    sessionId,
    at: timeIn(message, "timestamp") ?? begun,
    type,
    // Messages have no line of their own: all of the document is the place.
    origin: { source: context.source, path: context.path, offset: 0, uuid },
    parts: [part],
  }));
}

function nameOf(part: Part): string {
  if (part.kind === "call" || part.kind === "result") return `${part.kind}-${part.callId}`;
  return `${part.kind}-${hash("sha1", JSON.stringify(part), "hex").slice(0, 16)}`;
}
