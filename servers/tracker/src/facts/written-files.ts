import type { CallPart } from "../model/record.ts";

/** Tools that write a file, and the field that names it. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Edit: ["file_path"],
  MultiEdit: ["file_path"],
  Write: ["file_path"],
  NotebookEdit: ["notebook_path"],
  write_file: ["file_path", "absolute_path"],
  replace: ["file_path", "absolute_path"],
};
const PATCHES: ReadonlySet<string> = new Set(["apply_patch", "ApplyPatch"]);
const PATCHED = /^\*\*\* (?:Add|Update|Delete) File: (.+)$/gm;

/** The files that a call writes, if it succeeds. */
export function writtenFiles({ tool, input }: Pick<CallPart, "tool" | "input">): readonly string[] {
  if (PATCHES.has(tool)) {
    const patch = [input.input, input.patch].find((value) => typeof value === "string") ?? "";
    return [...patch.matchAll(PATCHED)].map(([, path = ""]) => path.trim());
  }
  const fields = Object.hasOwn(FIELDS, tool) ? (FIELDS[tool] ?? []) : [];
  const path = fields.map((field) => input[field]).find((value) => typeof value === "string");
  return path === undefined ? [] : [path];
}
