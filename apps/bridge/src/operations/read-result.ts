import { isJsonObject, type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { KeptResult } from "../state/results.ts";
import { READ_RESULT } from "../tools/names.ts";
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
  hints: NO_EFFECT,
  needs: "caller",
  async run({ handle, offset, length, path, grep, count }, { principal }, core) {
    const kept = core.results.get(handle, principal);
    if (!kept) {
      throw new TrestleError(
        "not_found",
        "No result is kept under this handle: it was another caller's, or is more than an hour old. Call the tool again.",
      );
    }
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

function itemsOf(value: JsonValue | undefined): number | undefined {
  if (Array.isArray(value)) return value.length;
  return isJsonObject(value) ? Object.keys(value).length : undefined;
}

function partOf({ value }: KeptResult, path: string): JsonValue {
  if (value === undefined) {
    const message = "path: this result is no JSON; read it by offset, or use grep.";
    throw new TrestleError("invalid_input", message, { details: { fields: ["path"] } });
  }
  let part: JsonValue | undefined = value;
  let seen = "";
  for (const [step, name, index] of path.matchAll(/\.?([^.[\]]+)|\[(\d+)\]/g)) {
    const inside: JsonValue | undefined = part;
    if (index !== undefined) part = Array.isArray(inside) ? inside[Number(index)] : undefined;
    else if (name !== undefined && isJsonObject(inside) && Object.hasOwn(inside, name)) {
      part = inside[name];
    } else part = undefined;
    if (part === undefined) throw noPart(seen, step, inside);
    seen += step;
  }
  return part;
}

function noPart(seen: string, step: string, inside: JsonValue | undefined): TrestleError {
  const known = isJsonObject(inside) ? Object.keys(inside).slice(0, 20).join(", ") : "";
  const has = known === "" ? `${itemsOf(inside) ?? 0} items` : known;
  const message = `path: there is no ${step} in ${seen || "the result"}, which has ${has}.`;
  return new TrestleError("invalid_input", message, { details: { fields: ["path"] } });
}
