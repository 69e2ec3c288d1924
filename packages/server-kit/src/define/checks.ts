import { TrestleError } from "@trestle/protocol";
import type { Hints } from "./tool.ts";

/** What hosts accept everywhere, with room left for the prefixes they put in front. */
const toolName = /^[a-z0-9_]{1,32}$/;

/** A mistake of the server's author, told when the definition is made. */
export function definitionError(message: string): TrestleError {
  return new TrestleError("invalid_config", message);
}

export function checkToolName(name: string): void {
  if (toolName.test(name)) return;
  throw definitionError(
    `Tool name "${name}" must be 1 to 32 lower-case letters, digits or underscores.`,
  );
}

/** People call a thing as they know it from elsewhere; an alias is never listed, so no host stumbles over it. */
export function checkAlias(tool: string, alias: string): void {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(alias)) return;
  throw definitionError(
    `Alias "${alias}" of tool "${tool}" must be 1 to 64 letters, digits, underscores or hyphens.`,
  );
}

export function checkHints(tool: string, hints: Hints): void {
  for (const hint of ["readOnly", "destructive", "idempotent", "openWorld"] as const) {
    if (typeof hints[hint] !== "boolean") {
      throw definitionError(`Tool "${tool}" does not state the hint "${hint}": say true or false.`);
    }
  }
  if (hints.readOnly && hints.destructive) {
    throw definitionError(`Tool "${tool}" says it is both read-only and destructive: choose one.`);
  }
}

/** Throws where two things of one server bear the same name. */
export function checkUnique(kind: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw definitionError(`Two ${kind} are called "${name}": rename one.`);
    seen.add(name);
  }
}

/** An alias leads to an argument, and is none itself. */
export function checkArgumentAliases(
  tool: string,
  renames: readonly (readonly [string, string])[],
  names: readonly string[],
): void {
  for (const [old, name] of renames) {
    if (!names.includes(name))
      throw definitionError(`Tool "${tool}" has no argument "${name}" for its alias "${old}".`);
    if (names.includes(old))
      throw definitionError(`Tool "${tool}" has an argument and an alias "${old}".`);
  }
}
