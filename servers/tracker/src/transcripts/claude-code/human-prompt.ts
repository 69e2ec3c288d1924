import type { JsonObject } from "@trestle/protocol";
import type { NoticePart, PromptPart } from "../../model/record.ts";
import { objectIn, textIn } from "../fields.ts";

const REMINDER = "<system-reminder>";
const REMINDER_END = "</system-reminder>";

/**
 * What stands in a user's line: Claude Code puts many words into the user's mouth. Undefined where nothing is left.
 * The rules are those by which it shows its own history.
 */
export function saidPart(line: JsonObject, text: string): PromptPart | NoticePart | undefined {
  const words = withoutReminders(text).trim();
  if (words === "") return undefined;
  if (words.startsWith("[Request interrupted")) {
    return { kind: "notice", notice: "interrupted", text: words };
  }
  if (isPutIn(line) || words.startsWith("<") || words.startsWith("Caveat:")) {
    return { kind: "notice", notice: "other", text: words };
  }
  return { kind: "prompt", text: words };
}

function isPutIn(line: JsonObject): boolean {
  const origin = textIn(objectIn(line, "origin"), "kind");
  return (
    line.isSidechain === true ||
    line.isMeta === true ||
    line.isCompactSummary === true ||
    line.isVisibleInTranscriptOnly === true ||
    (line.toolUseResult !== undefined && line.toolUseResult !== null) ||
    (origin !== undefined && origin !== "human")
  );
}

/** By hand: a pattern would search to the end again for every reminder that does not end. */
function withoutReminders(text: string): string {
  let kept = "";
  let from = 0;
  for (;;) {
    const begin = text.indexOf(REMINDER, from);
    const end = begin === -1 ? -1 : text.indexOf(REMINDER_END, begin);
    if (end === -1) return kept + text.slice(from);
    kept += text.slice(from, begin);
    from = end + REMINDER_END.length;
  }
}
