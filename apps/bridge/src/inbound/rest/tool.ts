import { isJsonObject, type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import { toolFailureOf } from "../../operations/inner-call.ts";
import type { Answer, Narrow, Route } from "./route.ts";

export const toolRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "tool/call",
    operation: "call_tool",
    summary: "Call one tool.",
    toAnswer: toCallAnswer,
    toData: (output) => output.omit({ metadata: true }),
    facts: "call",
  },
  {
    method: "POST",
    path: "tool/batch",
    operation: "batch",
    summary: "Call several tools at once; each has its own outcome.",
    narrow: narrowItems("calls"),
  },
  {
    method: "GET",
    path: "results/:handle",
    operation: "read_result",
    summary: "Read on in a result that was too large to be given at once.",
  },
];

/** A tool that reports an error did answer: the failure is in the envelope, its words in `data.result`. */
export function toCallAnswer({ result, metadata }: JsonObject): Answer {
  const answer = {
    data: { result },
    ...(isJsonObject(metadata) ? { metadata } : {}),
  };
  if (!isJsonObject(result)) return answer;
  if (result.resultType === "input_required") {
    throw new TrestleError(
      "unsupported",
      "This tool asks its user something, which REST cannot: call it over MCP.",
      { details: { result } },
    );
  }
  if (result.isError !== true) return answer;
  const { message, ...details } = toolFailureOf(result);
  return { ...answer, error: { code: "tool_error", message: String(message), details } };
}

/** Puts the server into each item of a list that names none, and refuses one that names another. */
export function narrowItems(key: string): Narrow {
  return (input, server, idOf) => {
    const items = input[key];
    if (!Array.isArray(items)) return input;
    const narrowed = (item: JsonValue, index: number): JsonValue => {
      if (!isJsonObject(item)) return item;
      if (item.server === undefined || idOf(String(item.server)) === server) {
        return { ...item, server };
      }
      throw new TrestleError(
        "invalid_input",
        `${key}.${index}.server: X-Server narrows this request to "${server}", not ${JSON.stringify(item.server)}.`,
      );
    };
    return { ...input, [key]: items.map(narrowed) };
  };
}
