import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import type { CallPart, Part, ResultPart, TaskItem, TaskPart } from "../../model/record.ts";
import { asText, contentText, defined, numberIn, objectIn, objectsIn, textIn } from "../fields.ts";
import type { Mirror } from "./mirror.ts";

/** What a `response_item` says: an item of the conversation with the model. */
export function itemParts(item: JsonObject, mirror: Mirror, listId: string): readonly Part[] {
  switch (item.type) {
    case "message":
      return messageParts(item, mirror);
    case "reasoning": {
      const text = contentText(item.summary) || contentText(item.content);
      return text === "" ? [] : [{ kind: "reply", text, thinking: true }];
    }
    case "function_call":
      return callParts(item, argumentsOf(item.arguments), listId);
    case "custom_tool_call":
      return callParts(item, { input: asText(item.input) }, listId);
    case "local_shell_call":
    case "web_search_call":
      return callParts({ name: item.type, ...item }, objectIn(item, "action") ?? {}, listId);
    case "function_call_output":
    case "custom_tool_call_output":
      return outputParts(item, mirror);
    default:
      return [];
  }
}

function messageParts(item: JsonObject, mirror: Mirror): readonly Part[] {
  const text = contentText(item.content);
  if (text.trim() === "") return [];
  if (item.role === "assistant") {
    if (!mirror.isFirstWord("item", "agent", text)) return [];
    const final = item.phase === "final_answer";
    return [{ kind: "reply", text, ...(final && { final }) }];
  }
  if (item.role !== "user") return [];
  // The environment and the instructions of a folder are sent as if the user had said them.
  if (/^\s*(?:<|# AGENTS\.md)/.test(text)) return [{ kind: "notice", notice: "other", text }];
  return mirror.isFirstWord("item", "user", text) ? [{ kind: "prompt", text }] : [];
}

function callParts(item: JsonObject, input: JsonObject, listId: string): readonly Part[] {
  const tool = textIn(item, "name") ?? "";
  const call: CallPart = {
    kind: "call",
    callId: textIn(item, "call_id") ?? textIn(item, "id") ?? "",
    tool,
    input,
  };
  return tool === "update_plan" ? [call, planPart(input, listId)] : [call];
}

/** The plan is written as a whole each time. */
function planPart(input: JsonObject, listId: string): TaskPart {
  const items = objectsIn(input, "plan").flatMap((entry): TaskItem[] => {
    const subject = textIn(entry, "step");
    if (subject === undefined) return [];
    const status = textIn(entry, "status");
    const isKnown = status === "in_progress" || status === "completed";
    return [{ subject, status: isKnown ? status : "pending" }];
  });
  return { kind: "task", source: "plan", listId, items };
}

/** JSON in a string; where a model wrote something else, that. */
function argumentsOf(value: JsonValue | undefined): JsonObject {
  if (isJsonObject(value)) return value;
  const text = asText(value);
  try {
    const parsed = JSON.parse(text) as JsonValue;
    return isJsonObject(parsed) ? parsed : { arguments: parsed };
  } catch {
    return { arguments: text };
  }
}

function outputParts(item: JsonObject, mirror: Mirror): readonly Part[] {
  const callId = textIn(item, "call_id") ?? "";
  // First read, then noted: of an answer that can not be read, the twin still counts.
  const result = resultOf(callId, item.output);
  return mirror.isFirstAnswer(callId) ? [result] : [];
}

/** Three releases, three shapes: JSON in a string, an object, and text with `Exit code: 1` in its first lines. */
function resultOf(callId: string, output: JsonValue | undefined): ResultPart {
  const object = isJsonObject(output) ? output : objectOf(output);
  const metadata = objectIn(object, "metadata");
  const text = object === undefined ? asText(output) : asText(object.output ?? object.content);
  const exitCode = numberIn(metadata, "exit_code") ?? exitCodeOf(text);
  const seconds = numberIn(metadata, "duration_seconds");
  return defined<ResultPart>({
    kind: "result",
    callId,
    ok: (exitCode ?? 0) === 0 && object?.success !== false,
    text,
    exitCode,
    durationMs: seconds === undefined ? undefined : Math.round(seconds * 1_000),
  });
}

function objectOf(output: JsonValue | undefined): JsonObject | undefined {
  if (typeof output !== "string" || !output.startsWith('{"output"')) return undefined;
  try {
    const value = JSON.parse(output) as JsonValue;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function exitCodeOf(text: string): number | undefined {
  const digits = /^(?:Exit code|Process exited with code):? (\d{1,3})$/m.exec(
    text.slice(0, 400),
  )?.[1];
  return digits === undefined ? undefined : Number(digits);
}
