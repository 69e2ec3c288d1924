import { basename, dirname } from "node:path/posix";
import type { JsonObject } from "@trestle/protocol";
import type { Part, TrackedRecord } from "../../model/record.ts";
import { defined, objectIn, textIn, timeIn } from "../fields.ts";
import { createJsonLineReader, type Line } from "../json-lines.ts";
import { recordId } from "../record-id.ts";
import { createSessionNews, type SessionWords } from "../session-news.ts";
import type { LineFormat, LineReader, ReadContext } from "../transcript-format.ts";
import { assistantParts } from "./assistant-line.ts";
import { otherParts } from "./other-lines.ts";
import { createTaskTools, type TaskTools } from "./task-tools.ts";
import { userParts } from "./user-line.ts";

const AGENT = "claude-code";

/** `projects/<folder>/<session>.jsonl` of Claude Code, and its subagents' files in a folder of the session's name. */
export const claudeCode: LineFormat = {
  name: AGENT,
  agent: AGENT,
  unit: "line",
  detect: (path, head) =>
    path.endsWith(".jsonl") &&
    /"(?:sessionId|session_id|leafUuid|messageId)"\s*:/.test(head) &&
    /"type"\s*:/.test(head),
  open,
};

function open(context: ReadContext, memory = ""): LineReader {
  const place = placeOf(context.path);
  const news = createSessionNews();
  const tools = createTaskTools(memory);
  /** Bookkeeping lines tell no time: they were written with the line before them. */
  let lastAt: number | undefined;

  function interpret(line: JsonObject, at: Line): TrackedRecord | undefined {
    const type = textIn(line, "type");
    if (type === undefined) return undefined;
    const told = textIn(line, "sessionId") ?? textIn(line, "session_id") ?? place.session;
    const sessionId = `${AGENT}:${told ?? context.sessionId ?? basename(context.path)}`;
    const laneId = textIn(line, "agentId") ?? place.lane;
    const lane = laneId === undefined ? sessionId : `${sessionId}/${laneId}`;
    const parts = partsOf(type, line, tools, lane);
    if (parts === undefined) return undefined;
    lastAt = timeIn(line, "timestamp") ?? timeIn(objectIn(line, "snapshot"), "timestamp") ?? lastAt;
    const uuid = textIn(line, "uuid");
    const subtype = textIn(line, "subtype") ?? textIn(objectIn(line, "data"), "type");
    const session = news(sessionId, sessionWords(type, line));
    const { source, path } = context;
    const { offset } = at;
    const record: TrackedRecord = {
      id: recordId(uuid === undefined ? lane : sessionId, uuid, at),
      sessionId,
      at: lastAt ?? context.now(),
      type: subtype === undefined ? type : `${type}/${subtype}`,
      origin: uuid === undefined ? { source, path, offset } : { source, path, offset, uuid },
      parts,
    };
    // Hardly any line has more, and every copy of a record would cost as much as all of the rest.
    if (laneId === undefined && session === undefined) return record;
    return { ...record, ...defined({ laneId, session }) };
  }

  return createJsonLineReader(interpret, tools.memory);
}

function partsOf(
  type: string,
  line: JsonObject,
  tools: TaskTools,
  listId: string,
): readonly Part[] | undefined {
  if (type === "user") return userParts(line, tools, listId);
  if (type === "assistant") return assistantParts(line, tools, listId);
  return otherParts(type, line);
}

function sessionWords(type: string, line: JsonObject): SessionWords {
  const isTitle = type === "custom-title" || type === "ai-title";
  return {
    agent: AGENT,
    cwd: textIn(line, "cwd"),
    branch: textIn(line, "gitBranch"),
    agentVersion: textIn(line, "version"),
    title: isTitle
      ? (textIn(line, "customTitle") ?? textIn(line, "aiTitle") ?? textIn(line, "title"))
      : undefined,
    parent: parentOf(type, line),
  };
}

function parentOf(type: string, line: JsonObject): string | undefined {
  const fork = textIn(objectIn(line, "forkedFrom"), "sessionId");
  const parent = type === "teleported-from" ? (textIn(line, "fromSessionId") ?? fork) : fork;
  return parent === undefined ? undefined : `${AGENT}:${parent}`;
}

/** `<session>.jsonl`, or `<session>/subagents/…/agent-<lane>.jsonl`. */
function placeOf(path: string): { readonly session?: string; readonly lane?: string } {
  const plain = path.replaceAll("\\", "/");
  const stem = basename(plain, ".jsonl");
  const folder = /([^/]+)\/subagents(?:\/|$)/.exec(dirname(plain))?.[1];
  const lane = /^agent-(.+)$/.exec(stem)?.[1];
  if (folder === undefined) return lane === undefined ? { session: stem } : { lane };
  return defined({ session: folder, lane });
}
