import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "@trestle/protocol";
import type { Dialect, Message, ToolCall, TurnEnd, Usage } from "./conversation.ts";

/** The name of the bound on an answer: OpenAI's own, and what servers that speak like it know. */
export type BoundName = "max_completion_tokens" | "max_tokens";

/** The chat completions of OpenAI, as local servers and other providers speak them too. */
export function openAi(bound: BoundName): Dialect {
  return {
    path: "/chat/completions",
    headers: (key) => (key === undefined ? {} : { authorization: `Bearer ${key}` }),
    toBody: (model, { system, messages, tools, maxOutputTokens }) => ({
      model,
      [bound]: maxOutputTokens,
      messages: [
        ...(system === "" ? [] : [{ role: "system", content: system }]),
        ...messages.flatMap(toMessages),
      ],
      ...(tools.length === 0
        ? {}
        : {
            tools: tools.map(({ name, description, inputSchema }) => ({
              type: "function",
              function: { name, description, parameters: inputSchema },
            })),
          }),
    }),
    toTurn(body) {
      const choice = Array.isArray(body.choices) ? body.choices[0] : undefined;
      if (!isJsonObject(choice) || !isJsonObject(choice.message)) {
        throw new Error("it has no choice with a message");
      }
      const { message } = choice;
      const calls = Array.isArray(message.tool_calls)
        ? message.tool_calls.filter(isJsonObject)
        : [];
      const refusal = typeof message.refusal === "string" ? message.refusal : undefined;
      return {
        text: refusal ?? (typeof message.content === "string" ? message.content : ""),
        calls: calls.map(toCall),
        end: refusal === undefined ? endOf(choice.finish_reason, calls.length) : "refused",
        usage: usageOf(body.usage),
        raw: message,
      };
    },
  };
}

function toMessages(message: Message): JsonObject[] {
  if (message.kind === "user") return [{ role: "user", content: message.text }];
  if (message.kind === "model") return [toAssistant(message.raw)];
  return message.results.map(({ id, text }) => ({
    role: "tool",
    tool_call_id: id,
    content: text,
  }));
}

/** Only what a request may hold: answers carry more, which some servers refuse to have back. */
function toAssistant(raw: JsonValue): JsonObject {
  const { content = null, tool_calls } = isJsonObject(raw) ? raw : {};
  return { role: "assistant", content, ...(tool_calls === undefined ? {} : { tool_calls }) };
}

function toCall({ id, function: called }: JsonObject): ToolCall {
  const { name, arguments: args } = isJsonObject(called) ? called : {};
  return { id: String(id), name: String(name), arguments: toArguments(args) };
}

/** A text that holds JSON; some servers send the object itself. Nothing at all stands for no arguments. */
function toArguments(args: JsonValue | undefined): JsonObject | undefined {
  if (isJsonObject(args)) return args;
  if (args === undefined || args === null || args === "") return {};
  try {
    const value = parseJson(String(args));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Some servers end a turn that holds calls with `stop`. */
function endOf(reason: JsonValue | undefined, calls: number): TurnEnd {
  if (reason === "content_filter") return "refused";
  if (reason === "length") return "length";
  return calls > 0 ? "calls" : "done";
}

function usageOf(usage: JsonValue | undefined): Usage | undefined {
  if (!isJsonObject(usage) || typeof usage.prompt_tokens !== "number") return undefined;
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: Number(usage.completion_tokens ?? 0),
  };
}
