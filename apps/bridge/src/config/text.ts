import { readFileSync } from "node:fs";
import { messageOf, TrestleError } from "@trestle/protocol";

/** The text of a file; throws `invalid_config` where it cannot be read. */
export function readText(path: string): string {
  try {
    return withoutMark(readFileSync(path, "utf8"));
  } catch (error) {
    throw new TrestleError("invalid_config", `${path}: cannot be read (${messageOf(error)}).`);
  }
}

/** Editors on Windows begin a file with a mark that is no part of it. */
export function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, "");
}
