import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { NoticePart, Part, ResultPart, UsagePart } from "../../model/record.ts";
import { asText, defined, numberIn, objectIn, textIn } from "../fields.ts";
import type { Mirror } from "./mirror.ts";

/** What an `event_msg` says: what Codex showed its user. */
export function eventParts(event: JsonObject, mirror: Mirror, sessionId: string): readonly Part[] {
  switch (event.type) {
    case "user_message":
      return wordParts(event, mirror, "user");
    case "agent_message":
      return wordParts(event, mirror, "agent");
    case "exec_command_end":
    case "patch_apply_end":
    case "mcp_tool_call_end":
      return endParts(event, mirror);
    case "token_count":
      return usageParts(event, mirror, sessionId);
    case "task_complete":
    case "turn_complete":
      return notice("end", "");
    case "turn_aborted":
      return notice("interrupted", textIn(event, "reason") ?? "");
    case "error":
    case "stream_error":
      return notice("api_error", textIn(event, "message") ?? "");
    case "warning":
      return notice("other", textIn(event, "message") ?? "");
    default:
      return [];
  }
}

function notice(kind: NoticePart["notice"], text: string): readonly NoticePart[] {
  return [{ kind: "notice", notice: kind, text }];
}

function wordParts(event: JsonObject, mirror: Mirror, who: "user" | "agent"): readonly Part[] {
  const text = textIn(event, "message") ?? "";
  if (text.trim() === "" || !mirror.isFirstWord("event", who, text)) return [];
  return [{ kind: who === "user" ? "prompt" : "reply", text }];
}

function endParts(event: JsonObject, mirror: Mirror): readonly Part[] {
  const callId = textIn(event, "call_id") ?? "";
  const exitCode = numberIn(event, "exit_code");
  const outcome = objectIn(event, "result");
  const isRefused = event.success === false || (outcome !== undefined && outcome.Err !== undefined);
  // First read, then noted: of an answer that can not be read, the twin still counts.
  const result = defined<ResultPart>({
    kind: "result",
    callId,
    ok: (exitCode ?? 0) === 0 && !isRefused,
    text: outputOf(event, outcome),
    exitCode,
    durationMs: durationOf(event),
  });
  return mirror.isFirstAnswer(callId) ? [result] : [];
}

function outputOf(event: JsonObject, outcome: JsonObject | undefined): string {
  if (outcome !== undefined)
    return asText(outcome.Err ?? objectIn(outcome, "Ok")?.content ?? outcome.Ok);
  const whole = textIn(event, "aggregated_output") ?? textIn(event, "formatted_output");
  return whole ?? [event.stdout, event.stderr].map(asText).filter(Boolean).join("\n");
}

function durationOf(event: JsonObject): number | undefined {
  const duration = event.duration;
  if (!isJsonObject(duration)) return undefined;
  const seconds = numberIn(duration, "secs") ?? 0;
  return Math.round(seconds * 1_000 + (numberIn(duration, "nanos") ?? 0) / 1e6);
}

/** The same count is told again when only the limits changed: the session's sum names the response. */
function usageParts(event: JsonObject, mirror: Mirror, sessionId: string): readonly UsagePart[] {
  const info = objectIn(event, "info");
  const last = objectIn(info, "last_token_usage");
  const sum = numberIn(objectIn(info, "total_token_usage"), "total_tokens");
  if (last === undefined || sum === undefined) return [];
  const cached = numberIn(last, "cached_input_tokens") ?? 0;
  return [
    {
      kind: "usage",
      responseId: `${sessionId}/${sum}`,
      model: mirror.model ?? "unknown",
      // Codex counts what was read from the cache as input too.
      inputTokens: Math.max(0, (numberIn(last, "input_tokens") ?? 0) - cached),
      outputTokens: numberIn(last, "output_tokens") ?? 0,
      cacheReadTokens: cached,
      cacheWriteTokens: 0,
    },
  ];
}
