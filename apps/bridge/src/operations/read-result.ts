import type { JsonObject, JsonValue } from "@trestle/protocol";
import * as z from "zod";
import { itemsOf, partOf } from "../state/kept-part.ts";
import { notKept, readAddress } from "../state/result-address.ts";
import { READ_RESULT } from "../tools/names.ts";
import { resultPart } from "./answers/calls.ts";
import { NO_EFFECT } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";

const MOST_CHARACTERS = 200_000;

export const readResult = defineOperation({
  name: READ_RESULT,
  title: "Read on in a result",
  description:
    "Reads on in a result that was too large to be given at once, or looks something up in it.",
  input: z.object({
    handle: z.string().min(1).describe("From the result that was shortened; good for an hour."),
    offset: z.int().min(0).default(0).describe("Characters to leave out at the beginning."),
    length: z.int().min(1).max(MOST_CHARACTERS).default(20_000).describe("Characters to read."),
    path: z
      .string()
      .optional()
      .describe("Where the result is JSON, only this part of it: `items[0].name`."),
    grep: z.string().min(1).optional().describe("Only lines that hold this text, in any case."),
    count: z.boolean().optional().describe("true: only how much there is, and not the text."),
  }),
  output: resultPart,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ handle, offset, length, path, grep, count }, { principal }, core) {
    const kept = await core.kept.find(readAddress(handle)?.handle ?? handle, principal);
    if (!kept) throw notKept("handle");
    const part = path === undefined ? undefined : partOf(kept, path);
    const lines = linesOf(part === undefined ? kept.text : textOf(part), grep);
    const text = lines.join("\n");
    const facts = given({
      total: text.length,
      lines: text === "" ? 0 : lines.length,
      items: itemsOf(part),
    });
    if (count === true) return facts as JsonObject;
    const shown = text.slice(offset, offset + length);
    const next = offset + shown.length;
    return { text: shown, offset, ...facts, ...(next < text.length ? { next } : {}) } as JsonObject;
  },
});

function linesOf(text: string, grep: string | undefined): string[] {
  const lines = text.split("\n");
  if (grep === undefined) return lines;
  const wanted = grep.toLowerCase();
  return lines.filter((line) => line.toLowerCase().includes(wanted));
}

/** Lines, so that grep has something to work on. */
function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 1);
}
