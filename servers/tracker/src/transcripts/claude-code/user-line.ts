import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { Part, ResultPart } from "../../model/record.ts";
import { asText, defined, numberIn, objectIn, textIn } from "../fields.ts";
import { saidPart } from "./human-prompt.ts";
import type { TaskTools } from "./task-tools.ts";

/** What a `user` line says: a person, or a tool that answered. Undefined where it has another shape. */
export function userParts(line: JsonObject, tools: TaskTools, listId: string): Part[] | undefined {
  const content = objectIn(line, "message")?.content;
  if (typeof content === "string")
    return [saidPart(line, content)].filter((part) => part !== undefined);
  if (!Array.isArray(content)) return undefined;
  return content.flatMap((block): readonly Part[] => {
    if (typeof block === "string") return [saidPart(line, block) ?? []].flat();
    if (!isJsonObject(block)) return [];
    if (block.type === "tool_result") return resultParts(line, block, tools, listId);
    return [saidPart(line, textIn(block, "text") ?? "") ?? []].flat();
  });
}

function resultParts(
  line: JsonObject,
  block: JsonObject,
  tools: TaskTools,
  listId: string,
): readonly Part[] {
  const outcome = objectIn(line, "toolUseResult");
  const said = asText(block.content);
  const text = said === "" ? (textIn(line, "toolUseResult") ?? "") : said;
  const result = defined<ResultPart>({
    kind: "result",
    callId: textIn(block, "tool_use_id") ?? "",
    ok: block.is_error !== true && outcome?.interrupted !== true,
    text,
    exitCode: exitCodeOf(text),
    durationMs: numberIn(outcome, "durationMs") ?? numberIn(outcome, "totalDurationMs"),
  });
  if (!result.ok) {
    tools.failed(result.callId);
    return [result];
  }
  return [result, ...tools.answered(result.callId, { text, outcome }, listId)];
}

function exitCodeOf(text: string): number | undefined {
  const digits = /^(?:Error: )?Exit code (\d{1,3})\b/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
