import { basename } from "node:path/posix";
import type { JsonObject } from "@trestle/protocol";
import type { Part, TrackedRecord } from "../../model/record.ts";
import { defined, objectIn, textIn, timeIn } from "../fields.ts";
import { createJsonLineReader, type Line } from "../json-lines.ts";
import { recordId } from "../record-id.ts";
import { createSessionNews, type SessionWords } from "../session-news.ts";
import type { LineFormat, LineReader, ReadContext } from "../transcript-format.ts";
import { eventParts } from "./events.ts";
import { itemParts } from "./items.ts";
import { createMirror, type Mirror } from "./mirror.ts";

const AGENT = "codex";
const FILE = /^rollout-.*-([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\.jsonl$/;

/** `sessions/YYYY/MM/DD/rollout-<time>-<id>.jsonl` of the Codex CLI: each line `{timestamp, type, payload}`. */
export const codex: LineFormat = {
  name: AGENT,
  agent: AGENT,
  unit: "line",
  detect: (path, head) =>
    FILE.test(basename(path)) ||
    (/"type"\s*:\s*"session_meta"/.test(head) && /"payload"\s*:/.test(head)),
  open,
};

function open(context: ReadContext, memory = ""): LineReader {
  const news = createSessionNews();
  const mirror = createMirror(memory);
  const fromPath = FILE.exec(basename(context.path))?.[1] ?? context.sessionId;
  let lastAt: number | undefined;

  function interpret(line: JsonObject, at: Line): TrackedRecord | undefined {
    const type = textIn(line, "type");
    const payload = objectIn(line, "payload");
    if (type === undefined || payload === undefined) return undefined;
    // A forked session repeats the head of its parent behind its own: the first one counts.
    if (type === "session_meta") mirror.session ??= fromPath ?? textIn(payload, "id");
    mirror.model = (type === "turn_context" ? textIn(payload, "model") : undefined) ?? mirror.model;
    const sessionId = `${AGENT}:${fromPath ?? mirror.session ?? basename(context.path, ".jsonl")}`;
    lastAt = timeIn(line, "timestamp") ?? lastAt;
    const kind = textIn(payload, "type");
    return defined<TrackedRecord>({
      id: recordId(sessionId, undefined, at),
      sessionId,
      at: lastAt ?? context.now(),
      type: kind === undefined ? type : `${type}/${kind}`,
      origin: { source: context.source, path: context.path, offset: at.offset },
      parts: partsOf(type, payload, mirror, sessionId),
      session: news(sessionId, sessionWords(type, payload)),
      laneId: undefined,
    });
  }

  return createJsonLineReader(interpret, mirror.memory);
}

function partsOf(
  type: string,
  payload: JsonObject,
  mirror: Mirror,
  sessionId: string,
): readonly Part[] {
  switch (type) {
    case "response_item":
      return itemParts(payload, mirror, sessionId);
    case "event_msg":
      return eventParts(payload, mirror, sessionId);
    case "compacted":
      return [{ kind: "notice", notice: "compaction", text: textIn(payload, "message") ?? "" }];
    default:
      return [];
  }
}

function sessionWords(type: string, payload: JsonObject): SessionWords {
  const isMeta = type === "session_meta";
  const parent = isMeta
    ? (textIn(payload, "parent_thread_id") ?? textIn(payload, "forked_from_id"))
    : undefined;
  return {
    agent: AGENT,
    cwd: isMeta || type === "turn_context" ? textIn(payload, "cwd") : undefined,
    branch: isMeta ? textIn(objectIn(payload, "git"), "branch") : undefined,
    agentVersion: isMeta ? textIn(payload, "cli_version") : undefined,
    parent: parent === undefined ? undefined : `${AGENT}:${parent}`,
  };
}
