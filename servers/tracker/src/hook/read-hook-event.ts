import type { JsonObject } from "@trestle/protocol";
import type { Part, TrackedRecord } from "../model/record.ts";
import type { Line } from "../tail/source-file.ts";
import { defined, objectIn, textIn } from "../transcripts/fields.ts";
import { parseObject, skipped } from "../transcripts/json-lines.ts";
import { recordId } from "../transcripts/record-id.ts";
import type { ReadContext, ReadResult } from "../transcripts/transcript-format.ts";

const AGENT = "claude-code";
const MAX_TEXT = 2_000;

/**
 * One line of the spool: `{id, at, event}`. The transcript tells of calls and answers itself, so of those only
 * that there was an event is kept; what is said of tasks, and that a session ended, is known sooner by it.
 */
export function readHookEvent(line: Line, { source, path, now }: ReadContext): ReadResult {
  const parsed = parseObject(line.bytes);
  if ("skipped" in parsed) return parsed.skipped;
  const { id, at } = parsed.object;
  const told = objectIn(parsed.object, "event");
  if (told === undefined) return skipped("unexpected shape");
  const name = textIn(told, "hook_event_name") ?? "unknown";
  const laneId = textIn(told, "agent_id");
  const sessionId = `${AGENT}:${textIn(told, "session_id") ?? "unknown"}`;
  const uuid = typeof id === "string" ? id : undefined;
  const record: TrackedRecord = {
    id: recordId(`${sessionId}/hook`, uuid, line),
    sessionId,
    ...(laneId !== undefined && { laneId }),
    at: typeof at === "number" && Number.isInteger(at) && at >= 0 ? at : now(),
    type: `hook/${name}`,
    origin: { source, path, offset: line.offset, ...(uuid !== undefined && { uuid }) },
    parts: partsOf(name, told, laneId === undefined ? sessionId : `${sessionId}/${laneId}`),
    session: defined({ agent: AGENT, cwd: textIn(told, "cwd") }),
  };
  return record;
}

function partsOf(name: string, event: JsonObject, listId: string): readonly Part[] {
  const taskId = textIn(event, "task_id");
  if ((name === "TaskCreated" || name === "TaskCompleted") && taskId !== undefined) {
    const item = defined({
      subject: textIn(event, "task_subject"),
      description: textIn(event, "task_description"),
      owner: textIn(event, "teammate_name"),
      status: name === "TaskCreated" ? ("pending" as const) : ("completed" as const),
    });
    return [{ kind: "task", source: "task-tool", listId, taskId, items: [item] }];
  }
  const notice = name === "SessionEnd" ? "end" : "other";
  return [{ kind: "notice", notice, text: textOf(name, event) }];
}

/** What an event says in words: the first of its fields that does. */
function textOf(name: string, event: JsonObject): string {
  const told = ["error", "reason", "message", "last_assistant_message", "tool_name", "title"]
    .map((field) => textIn(event, field))
    .find((text) => text !== undefined);
  return told === undefined ? name : `${name}: ${told}`.slice(0, MAX_TEXT);
}
