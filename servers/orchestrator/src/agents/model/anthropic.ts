import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import type { Dialect, Message, ToolCall, TurnEnd, Usage } from "./conversation.ts";

/** The Messages API of Anthropic, version 2023-06-01. */
export const anthropic: Dialect = {
  path: "/v1/messages",
  headers: (key) => ({
    "anthropic-version": "2023-06-01",
    ...(key === undefined ? {} : { "x-api-key": key }),
  }),
  toBody: (model, { system, messages, tools, maxOutputTokens }) => ({
    model,
    max_tokens: maxOutputTokens,
    ...(system === "" ? {} : { system }),
    messages: messages.map(toMessage),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, inputSchema }) => ({
            name,
            description,
            input_schema: inputSchema,
          })),
        }),
  }),
  toTurn(body) {
    if (!Array.isArray(body.content)) throw new Error("it has no content");
    const blocks = body.content.filter(isJsonObject);
    return {
      text: blocks
        .filter(({ type }) => type === "text")
        .map(({ text }) => String(text ?? ""))
        .join("\n"),
      calls: blocks.filter(({ type }) => type === "tool_use").map(toCall),
      end: endOf(body.stop_reason),
      usage: usageOf(body.usage),
      raw: body.content,
    };
  },
};

function toMessage(message: Message): JsonObject {
  if (message.kind === "user") return { role: "user", content: message.text };
  if (message.kind === "model") return { role: "assistant", content: message.raw };
  return {
    role: "user",
    content: message.results.map(({ id, text, isError }) => ({
      type: "tool_result",
      tool_use_id: id,
      content: text,
      ...(isError ? { is_error: true } : {}),
    })),
  };
}

function toCall({ id, name, input }: JsonObject): ToolCall {
  return {
    id: String(id),
    name: String(name),
    arguments: isJsonObject(input) ? input : undefined,
  };
}

function endOf(reason: JsonValue | undefined): TurnEnd {
  if (reason === "tool_use") return "calls";
  if (reason === "refusal") return "refused";
  if (reason === "max_tokens" || reason === "model_context_window_exceeded") return "length";
  return "done";
}

/** What was read from a cache or written to one was read all the same. */
function usageOf(usage: JsonValue | undefined): Usage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const count = (name: string) => Number(usage[name] ?? 0);
  return {
    inputTokens:
      count("input_tokens") +
      count("cache_creation_input_tokens") +
      count("cache_read_input_tokens"),
    outputTokens: count("output_tokens"),
  };
}
