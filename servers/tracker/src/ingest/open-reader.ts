import { dirname, join } from "node:path";
import { readHookEvent } from "../hook/read-hook-event.ts";
import { createLogReader } from "../logs/log-reader.ts";
import type { SourceKind } from "../sources/kinds.ts";
import { readTextWithin } from "../tail/open-within.ts";
import type { Line, SourceFile } from "../tail/source-file.ts";
import { chat } from "../transcripts/chat/chat.ts";
import { claudeCode } from "../transcripts/claude-code/claude-code.ts";
import { codex } from "../transcripts/codex/codex.ts";
import { gemini, geminiDocument } from "../transcripts/gemini/gemini.ts";
import type { DocumentFormat, LineFormat, ReadResult } from "../transcripts/transcript-format.ts";

/** Reads the units of one file in their order. */
export interface UnitReader {
  read(line: Line): readonly ReadResult[];
  /** Nothing came for a while: what waited for its next line is complete. */
  flush(): readonly ReadResult[];
  /** Does something wait for its next line? */
  readonly isWaiting: boolean;
  memory(): string;
}

export interface ReaderContext {
  readonly file: SourceFile;
  readonly kind: SourceKind;
  readonly begunAt: number;
  readonly memory: string;
  now(): number;
}

export function openReader({ file, kind, begunAt, memory, now }: ReaderContext): UnitReader {
  const cwd = kind === "gemini" ? geminiRoot(file) : undefined;
  const context = { source: file.source, path: file.path, now, ...(cwd !== undefined && { cwd }) };
  if (kind === "log") {
    const log = createLogReader({ ...context, begunAt }, memory);
    return {
      read: ({ bytes, offset }) => log.read(bytes, offset),
      flush: log.flush,
      get isWaiting() {
        return log.memory() !== "";
      },
      memory: log.memory,
    };
  }
  if (kind === "chat") return withoutMemory(({ bytes }) => chat.read(bytes, context));
  if (kind === "hook") return withoutMemory((line) => [readHookEvent(line, context)]);
  if (kind === "gemini" && file.cut === "document") {
    return withoutMemory(({ bytes }) => geminiDocument.read(bytes, context));
  }
  return fromLines(lineFormats[kind], context, memory);
}

const lineFormats = { "claude-code": claudeCode, codex, gemini } as const;

function fromLines(
  format: LineFormat,
  context: Parameters<DocumentFormat["read"]>[1],
  memory: string,
): UnitReader {
  const reader = format.open(context, memory);
  return {
    read: ({ bytes, offset }) => [reader.read(bytes, offset)],
    flush: () => [],
    isWaiting: false,
    memory: reader.memory,
  };
}

function withoutMemory(read: UnitReader["read"]): UnitReader {
  return { read, flush: () => [], isWaiting: false, memory: () => "" };
}

/** Gemini names the folder that its sessions run in beside their `chats`, and not in them. */
function geminiRoot({ path, within }: SourceFile): string | undefined {
  try {
    const root = readTextWithin(join(dirname(dirname(path)), ".project_root"), within).trim();
    return root === "" ? undefined : root;
  } catch {
    return undefined; // older releases did not
  }
}
