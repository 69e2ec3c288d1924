import { hash } from "node:crypto";
import type { TrackedRecord } from "../model/record.ts";
import { parseMemory } from "../transcripts/recent.ts";
import { recordId } from "../transcripts/record-id.ts";
import type { ReadContext, ReadResult } from "../transcripts/transcript-format.ts";
import { belongsTo, type OpenRecord, openRecord, withLine } from "./belongs.ts";
import { parseLine } from "./parse-line.ts";

export interface LogContext extends ReadContext {
  /** When the file was begun to be read: a line of what stood at its path before is another line. */
  readonly begunAt: number;
}

/** Reads a text log: lines in, records out, each with the lines that belong to it. Never throws. */
export interface LogReader {
  /** What the line shows to be complete. `line` is without its end; `offset` is the byte at which it begins. */
  read(line: Buffer, offset: number): readonly ReadResult[];
  /** Nothing came for a while: the last record is complete. */
  flush(): readonly TrackedRecord[];
  /** JSON, or "": the record that waits for its next line. Stored with the cursor, nothing of it is lost. */
  memory(): string;
}

interface Waiting {
  readonly open: OpenRecord;
  readonly offset: number;
  readonly id: string;
  readonly text: string;
  readonly lines: number;
  readonly at: number;
}

const MOST_LINES = 500;
const MOST_TEXT = 256_000;
const MOST_BYTES = 8 * 2 ** 20;

export function createLogReader(context: LogContext, memory = ""): LogReader {
  const sessionId = `log:${context.source}`;
  // Two files of one source may hold the same line at the same place.
  const lane = `${sessionId}/${hash("sha1", `${context.path}\n${context.begunAt}`, "hex").slice(0, 12)}`;
  let { waiting } = parseMemory<{ waiting?: Waiting | undefined }>(memory, {});
  let lastAt = waiting?.at;
  let isIntroduced = false;

  function read(bytes: Buffer, offset: number): readonly ReadResult[] {
    if (bytes.length > MOST_BYTES) return [...flush(), { skipped: "too long" }];
    if (bytes.includes(0)) return [...flush(), { skipped: "binary" }];
    const line = bytes.toString("utf8").trimEnd();
    if (line === "") return [{ skipped: "blank" }];
    const now = context.now();
    const parsed = parseLine(line, now);
    if (waiting !== undefined && hasRoom(waiting) && belongsTo(waiting.open, line, parsed)) {
      const { open, text, lines } = waiting;
      waiting = {
        ...waiting,
        open: withLine(open, line),
        text: `${text}\n${line}`,
        lines: lines + 1,
      };
      return [];
    }
    const complete = flush();
    // A line without a time was written after the one before it.
    lastAt = parsed.at ?? lastAt ?? now;
    const id = recordId(lane, undefined, { bytes, offset });
    waiting = { open: openRecord(line, parsed), offset, id, text: line, lines: 1, at: lastAt };
    return complete;
  }

  function flush(): readonly TrackedRecord[] {
    if (waiting === undefined) return [];
    const record = toRecord(waiting);
    waiting = undefined;
    isIntroduced = true;
    return [record];
  }

  function toRecord({ id, at, offset, text, open: { first } }: Waiting): TrackedRecord {
    const { level, component } = first;
    return {
      id,
      sessionId,
      at,
      type: "line",
      origin: { source: context.source, path: context.path, offset },
      parts: [
        {
          kind: "line",
          text,
          ...(level === undefined ? {} : { level }),
          ...(component === undefined ? {} : { component }),
        },
      ],
      ...(isIntroduced ? {} : { session: { agent: "log" } }),
    };
  }

  return {
    read,
    flush,
    memory: () => (waiting === undefined ? "" : JSON.stringify({ waiting })),
  };
}

function hasRoom({ lines, text }: Waiting): boolean {
  return lines < MOST_LINES && text.length < MOST_TEXT;
}
