import { hash } from "node:crypto";
import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import type { Part, ResultPart, TaskItem, UsagePart } from "../../model/record.ts";
import { asText, contentText, defined, numberIn, objectIn, objectsIn, textIn } from "../fields.ts";

/** What was said of a message already: it is written again, whole, whenever it grew. */
export interface Told {
  /** Characters, and their hash. */
  readonly length: number;
  readonly hash: string;
  readonly thoughts: number;
  readonly calls: readonly string[];
  readonly answered: readonly string[];
}

export const NOTHING_TOLD: Told = { length: 0, hash: "", thoughts: 0, calls: [], answered: [] };

const DONE = new Set(["success", "error", "cancelled"]);

/** What a message says beyond what was told of it. */
export function messageParts(
  message: JsonObject,
  told: Told,
  listId: string,
): { readonly parts: readonly Part[]; readonly told: Told } {
  const text = contentText(message.content);
  const thoughts = objectsIn(message, "thoughts");
  const calls = objectsIn(message, "toolCalls");
  const newCalls = calls.filter((call) => !told.calls.includes(idOf(call)));
  const newAnswers = calls.filter(
    (call) => DONE.has(textIn(call, "status") ?? "") && !told.answered.includes(idOf(call)),
  );
  const usage = usagePart(message, listId);
  return {
    parts: [
      ...thoughts.slice(told.thoughts).map(thoughtPart),
      ...wordParts(message, newWords(text, told)),
      ...newCalls.flatMap((call) => callParts(call, listId)),
      ...newAnswers.map(resultPart),
      ...(usage === undefined ? [] : [usage]),
    ],
    told: {
      length: text.length,
      hash: hash("sha1", text, "base64"),
      thoughts: thoughts.length,
      calls: calls.map(idOf),
      answered: [...told.answered, ...newAnswers.map(idOf)],
    },
  };
}

/** The end of a text that grew; a text that changed is said anew. */
function newWords(text: string, told: Told): string {
  if (told.length === 0) return text;
  return hash("sha1", text.slice(0, told.length), "base64") === told.hash
    ? text.slice(told.length)
    : text;
}

function wordParts(message: JsonObject, text: string): readonly Part[] {
  if (text.trim() === "") return [];
  switch (message.type) {
    case "user":
      return [{ kind: "prompt", text }];
    case "gemini":
      return [{ kind: "reply", text }];
    case "error":
      return [{ kind: "notice", notice: "api_error", text }];
    default:
      return [{ kind: "notice", notice: "other", text }];
  }
}

function thoughtPart(thought: JsonObject): Part {
  const text = [textIn(thought, "subject"), textIn(thought, "description")]
    .filter(Boolean)
    .join(": ");
  return { kind: "reply", text, thinking: true };
}

function callParts(call: JsonObject, listId: string): readonly Part[] {
  const tool = textIn(call, "name") ?? "";
  const input = objectIn(call, "args") ?? {};
  const part: Part = { kind: "call", callId: idOf(call), tool, input };
  if (tool !== "write_todos") return [part];
  return [part, { kind: "task", source: "todo-list", listId, items: todoItems(input) }];
}

function todoItems(input: JsonObject): readonly TaskItem[] {
  const statuses: Readonly<Record<string, TaskItem["status"]>> = {
    in_progress: "in_progress",
    completed: "completed",
    cancelled: "deleted",
  };
  return objectsIn(input, "todos").flatMap((todo): TaskItem[] => {
    const subject = textIn(todo, "description");
    const status = statuses[textIn(todo, "status") ?? ""] ?? "pending";
    return subject === undefined ? [] : [{ subject, status }];
  });
}

function resultPart(call: JsonObject): ResultPart {
  const text = objectsIn(call, "result").map(answerText).filter(Boolean).join("\n");
  return {
    kind: "result",
    callId: idOf(call),
    ok: call.status === "success",
    text: text || asText(call.resultDisplay),
  };
}

function answerText(part: JsonObject): string {
  const response: JsonValue | undefined = objectIn(part, "functionResponse")?.response;
  if (!isJsonObject(response)) return asText(part.text);
  return asText(response.output ?? response.error ?? response);
}

function usagePart(message: JsonObject, sessionId: string): UsagePart | undefined {
  const tokens = objectIn(message, "tokens");
  const id = textIn(message, "id");
  if (tokens === undefined || id === undefined) return undefined;
  const cached = numberIn(tokens, "cached") ?? 0;
  return defined<UsagePart>({
    kind: "usage",
    responseId: `${sessionId}/${id}`,
    model: textIn(message, "model") ?? "unknown",
    // What was read from the cache is counted as input too; what was thought is not counted as output.
    inputTokens: Math.max(0, (numberIn(tokens, "input") ?? 0) - cached),
    outputTokens: (numberIn(tokens, "output") ?? 0) + (numberIn(tokens, "thoughts") ?? 0),
    cacheReadTokens: cached,
    cacheWriteTokens: 0,
    cacheWriteHourTokens: undefined,
  });
}

function idOf(call: JsonObject): string {
  return textIn(call, "id") ?? "";
}
