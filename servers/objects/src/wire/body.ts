import * as z from "zod";
import { ObjectError } from "../object-error.ts";

/**
 * What a body or a frame asks for.
 * @param text JSON; an empty one stands for `{}`.
 * @throws ObjectError `invalid_input` that names the fields.
 */
export function readJson<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  const parsed = schema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new ObjectError("invalid_input", z.prettifyError(parsed.error));
}

function jsonOf(text: string): unknown {
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    throw new ObjectError("invalid_input", "This is no JSON.");
  }
}
