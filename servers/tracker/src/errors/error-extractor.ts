import { framesOf } from "@trestle/errors";
import type { Drain } from "../drain/drain.ts";
import { commandLineOf } from "../facts/command.ts";
import { parseLine } from "../logs/parse-line.ts";
import type { ErrorFact } from "../model/facts.ts";
import type { CallPart, LinePart, NoticePart, ResultPart, TrackedRecord } from "../model/record.ts";
import { createRecent, parseMemory } from "../transcripts/recent.ts";
import { classify } from "./classify.ts";
import { commandHead } from "./command-head.ts";
import { errorLineOf } from "./error-line.ts";
import { filesOf } from "./files-of.ts";
import { fingerprintOf } from "./fingerprint.ts";

export interface ErrorExtractorOptions {
  readonly project: string;
  /** Finds the templates of messages; one for all sessions of a store. */
  readonly drain: Drain;
  /** What the extractor of the same session remembered. */
  readonly memory?: string;
}

/** Finds what failed in the records of one session or log, given in their order. */
export interface ErrorExtractor {
  read(record: TrackedRecord): readonly ErrorFact[];
  /** JSON: calls that were not answered yet. */
  memory(): string;
}

interface Call {
  readonly tool: string;
  readonly command?: string;
  readonly files: readonly string[];
}

/** What is said of an error, before it is known which one it is. */
interface Complaint extends Call {
  readonly kind: "tool" | "log" | "notice";
  /** All that was said, as far as it can hold a stack. */
  readonly text: string;
  readonly line: string;
  readonly type?: string | undefined;
  readonly exitCode?: number | undefined;
}

/** Calls that are still waited for; older ones were lost. */
const MOST_CALLS = 200;
const MOST_COMMAND = 2_000;

export function createErrorExtractor(options: ErrorExtractorOptions): ErrorExtractor {
  const { project, drain, memory = "" } = options;
  const stored = parseMemory<{ calls: readonly (readonly [string, Call])[] }>(memory, {
    calls: [],
  });
  const calls = createRecent<Call>(MOST_CALLS, stored.calls);

  function complaintsIn(record: TrackedRecord): Complaint[] {
    const complaints: Complaint[] = [];
    for (const part of record.parts) {
      if (part.kind === "call") calls.set(part.callId, toCall(part));
      else if (part.kind === "result") {
        const call = calls.get(part.callId);
        calls.delete(part.callId);
        if (!part.ok) complaints.push(ofResult(part, call));
      } else if (part.kind === "notice") complaints.push(...ofNotice(part));
      else if (part.kind === "line") complaints.push(...ofLine(part, record));
    }
    return complaints;
  }

  function toFact(complaint: Complaint, record: TrackedRecord, index: number): ErrorFact {
    const { tool, command, files, type, line, text, exitCode, kind } = complaint;
    // No trace fits on one line.
    const frames = text.includes("\n") ? framesOf(text) : [];
    const print = fingerprintOf({ kind, component: tool, command, type, line, frames });
    const hasFrames = frames.length > 0;
    return {
      id: `${record.id}#${index}`,
      recordId: record.id,
      sessionId: record.sessionId,
      ...(record.laneId === undefined ? {} : { laneId: record.laneId }),
      project,
      at: record.at,
      class: classify({ line, text: kind === "log" ? line : text, exitCode, type, hasFrames }),
      component: tool,
      ...(command === undefined ? {} : { command }),
      ...(type === undefined ? {} : { type }),
      ...print,
      template: drain.add(line).text,
      files,
    };
  }

  return {
    read: (record) =>
      complaintsIn(record).map((complaint, index) => toFact(complaint, record, index)),
    memory: () => JSON.stringify({ calls: calls.entries() }),
  };
}

function toCall(call: CallPart): Call {
  const head = commandHead((commandLineOf(call) ?? "").slice(0, MOST_COMMAND));
  const files = filesOf("", call.input);
  return { tool: call.tool, files, ...(head === "" ? {} : { command: head }) };
}

function ofResult({ text, exitCode }: ResultPart, call: Call | undefined): Complaint {
  const told = /^(?:Exit code|Process exited with code) (\d+)/i.exec(text)?.[1];
  return {
    kind: "tool",
    tool: call?.tool ?? "unknown",
    ...(call?.command === undefined ? {} : { command: call.command }),
    files: withFiles(call?.files ?? [], text),
    text,
    exitCode: exitCode ?? (told === undefined ? undefined : Number(told)),
    ...errorLineOf(text),
  };
}

function ofNotice({ notice, text }: NoticePart): Complaint[] {
  if (notice !== "api_error" && notice !== "interrupted") return [];
  const { line, type } = errorLineOf(text);
  if (notice === "interrupted") {
    return [
      { kind: "notice", tool: "session", files: [], text: `[Request interrupted] ${text}`, line },
    ];
  }
  return [{ kind: "notice", tool: "model", files: [], text, type, line: `API Error: ${line}` }];
}

function ofLine(part: LinePart, record: TrackedRecord): Complaint[] {
  if (part.level !== "error" && part.level !== "fatal") return [];
  const [first = ""] = part.text.split("\n", 1);
  const { message, error } = parseLine(first, record.at);
  const rest = part.text.slice(first.length + 1);
  const said = [message, error?.stack ?? error?.message ?? "", rest];
  const text = said.filter((each) => each !== "").join("\n");
  // An error that was logged beside a message names itself better than the message does.
  const named = errorLineOf([error?.stack ?? "", rest].join("\n"));
  return [
    {
      kind: "log",
      tool: part.component ?? record.origin.source,
      files: withFiles([], text),
      text,
      line: message,
      type: error?.name ?? named.type ?? errorLineOf(message).type,
    },
  ];
}

function withFiles(files: readonly string[], text: string): string[] {
  return [...new Set([...files, ...filesOf(text)])].slice(0, 10);
}
