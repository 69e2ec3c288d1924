import type { Part } from "../model/record.ts";
import { clip } from "../reports/clip.ts";

/** What a record says, in a few words for each of its parts. */
export function showParts(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => {
    if ("text" in part) return [`${part.kind}: ${clip(part.text)}`];
    if (part.kind === "call") return [`call ${part.tool}: ${clip(JSON.stringify(part.input))}`];
    if (part.kind === "task") {
      return part.items.map(({ subject = "", status = "" }) => clip(`task ${subject} ${status}`));
    }
    return [];
  });
}
