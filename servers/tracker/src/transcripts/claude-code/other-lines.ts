import type { JsonObject } from "@trestle/protocol";
import type { NoticePart, Part } from "../../model/record.ts";
import { asText, contentText, listIn, objectIn, textIn } from "../fields.ts";
import { saidPart } from "./human-prompt.ts";

/** What the lines say that are neither a person's nor the model's. Of unknown types nothing but that they are there. */
export function otherParts(type: string, line: JsonObject): readonly Part[] {
  switch (type) {
    case "system":
      return systemParts(line);
    case "attachment":
      return attachmentParts(line);
    case "queue-operation":
      return noticeOf("other", contentText(line.content));
    case "summary":
      return noticeOf("other", textIn(line, "summary"));
    case "pr-link":
      return noticeOf("pull_request", textIn(line, "prUrl") ?? textIn(line, "url"));
    default:
      return [];
  }
}

function systemParts(line: JsonObject): readonly Part[] {
  const text = contentText(line.content);
  switch (line.subtype) {
    case "compact_boundary":
      return [{ kind: "notice", notice: "compaction", text }];
    case "api_error":
      return [
        { kind: "notice", notice: "api_error", text: text || asText(line.error ?? line.cause) },
      ];
    case "turn_duration":
      return [{ kind: "notice", notice: "end", text }];
    case "stop_hook_summary":
      // With errors the hooks sent the agent back to work.
      return listIn(line, "hookErrors").length > 0
        ? noticeOf("other", asText(line.hookErrors))
        : [{ kind: "notice", notice: "end", text }];
    default:
      return noticeOf("other", text);
  }
}

/** What a person says while the agent works arrives as an attachment. */
function attachmentParts(line: JsonObject): readonly Part[] {
  const attachment = objectIn(line, "attachment");
  if (textIn(attachment, "type") !== "queued_command") return [];
  const part = saidPart({ ...line, ...attachment }, contentText(attachment?.prompt));
  return part === undefined ? [] : [part];
}

function noticeOf(notice: NoticePart["notice"], text: string | undefined): readonly NoticePart[] {
  return text === undefined || text === "" ? [] : [{ kind: "notice", notice, text }];
}
