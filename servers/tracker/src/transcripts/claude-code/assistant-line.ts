import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { Part, UsagePart } from "../../model/record.ts";
import { asText, defined, numberIn, objectIn, textIn } from "../fields.ts";
import type { TaskTools } from "./task-tools.ts";

/** The model's name in lines that Claude Code writes itself. */
const SYNTHETIC = "<synthetic>";
const TURN_ENDS: readonly (string | undefined)[] = ["end_turn", "stop_sequence"];

/** What an `assistant` line says: one block of a response each, all with the response's id and growing usage. */
export function assistantParts(
  line: JsonObject,
  tools: TaskTools,
  listId: string,
): Part[] | undefined {
  const message = objectIn(line, "message");
  if (message === undefined) return undefined;
  const content =
    typeof message.content === "string"
      ? [{ type: "text", text: message.content }]
      : message.content;
  if (!Array.isArray(content)) return undefined;
  if (line.isApiErrorMessage === true || textIn(line, "error") !== undefined) {
    const text = asText(message.content) || asText(line.error);
    return [{ kind: "notice", notice: "api_error", text }];
  }
  const final = TURN_ENDS.includes(textIn(message, "stop_reason"));
  const parts = content.flatMap((block) =>
    isJsonObject(block) ? blockParts(block, final, tools, listId) : [],
  );
  const usage = usagePart(message);
  return usage === undefined ? parts : [...parts, usage];
}

function blockParts(
  block: JsonObject,
  final: boolean,
  tools: TaskTools,
  listId: string,
): readonly Part[] {
  switch (block.type) {
    case "text": {
      const text = textIn(block, "text") ?? "";
      return text.trim() === "" ? [] : [{ kind: "reply", text, ...(final && { final }) }];
    }
    case "thinking": {
      const text = textIn(block, "thinking") ?? "";
      return text === "" ? [] : [{ kind: "reply", text, thinking: true }];
    }
    case "tool_use":
    case "server_tool_use":
    case "mcp_tool_use":
      return callParts(block, tools, listId);
    case "web_search_tool_result":
    case "web_fetch_tool_result":
    case "mcp_tool_result":
      return [
        {
          kind: "result",
          callId: textIn(block, "tool_use_id") ?? "",
          ok: block.is_error !== true,
          text: asText(block.content),
        },
      ];
    default:
      return [];
  }
}

function callParts(block: JsonObject, tools: TaskTools, listId: string): readonly Part[] {
  const callId = textIn(block, "id") ?? "";
  const tool = textIn(block, "name") ?? "";
  const input = objectIn(block, "input") ?? {};
  const task = tools.called(callId, tool, input, listId);
  const call: Part = { kind: "call", callId, tool, input };
  return task === undefined ? [call] : [call, task];
}

function usagePart(message: JsonObject): UsagePart | undefined {
  const usage = objectIn(message, "usage");
  const responseId = textIn(message, "id");
  const model = textIn(message, "model");
  if (usage === undefined || responseId === undefined || model === undefined) return undefined;
  if (model === SYNTHETIC) return undefined;
  return defined<UsagePart>({
    kind: "usage",
    responseId,
    model,
    inputTokens: numberIn(usage, "input_tokens") ?? 0,
    outputTokens: numberIn(usage, "output_tokens") ?? 0,
    cacheReadTokens: numberIn(usage, "cache_read_input_tokens") ?? 0,
    cacheWriteTokens: numberIn(usage, "cache_creation_input_tokens") ?? 0,
    cacheWriteHourTokens: numberIn(objectIn(usage, "cache_creation"), "ephemeral_1h_input_tokens"),
  });
}
