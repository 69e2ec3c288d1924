import { matchesGlob, TrestleError } from "@trestle/protocol";

/** `server:tool[:read|write]`, taken apart. `read` covers read-only tools, `write` all others. */
export interface Scope {
  readonly server: string;
  readonly tool: string;
  /** Absent: both. */
  readonly access?: "read" | "write";
}

/** The tool that a caller wants to use. */
export interface ScopeTarget {
  readonly server: string;
  readonly tool: string;
  readonly readOnly: boolean;
}

/** Spaces, controls, and what a reader cannot see: in a scope they are always a mistake. */
const unprintable = /[\p{C}\p{Z}]/u;

const MAX_LENGTH = 256;

/**
 * Reads one scope. `*` stands for any run of characters within its segment. Throws `invalid_input`
 * naming a scope that does not have the form.
 */
export function parseScope(text: string): Scope {
  const [server, tool, access, ...rest] = text.split(":");
  if (text.length > MAX_LENGTH) throw badScope(text, `is longer than ${MAX_LENGTH} characters`);
  if (unprintable.test(text)) throw badScope(text, "holds a space or an unprintable character");
  if (!server || !tool || access === "") throw badScope(text, "has an empty or missing segment");
  if (rest.length > 0) throw badScope(text, "has more than three segments");
  if (access === undefined || access === "*") return { server, tool };
  if (access !== "read" && access !== "write") {
    throw badScope(text, 'ends in something else than "read" or "write"');
  }
  return { server, tool, access };
}

/**
 * May a holder of these scopes use the tool? Absent scopes allow everything, an empty list nothing.
 * Segments are compared one by one with the names as they are, so that a colon in a tool's name is
 * never taken for a separator.
 */
export function allows(scopes: readonly string[] | undefined, target: ScopeTarget): boolean {
  return scopes === undefined || scopes.some((scope) => covers(parseScope(scope), target));
}

function covers({ server, tool, access }: Scope, target: ScopeTarget): boolean {
  if (access !== undefined && (access === "read") !== target.readOnly) return false;
  return matchesGlob(server, target.server) && matchesGlob(tool, target.tool);
}

function badScope(text: string, what: string): TrestleError {
  const shown = JSON.stringify(text.slice(0, MAX_LENGTH));
  return new TrestleError(
    "invalid_input",
    `The scope ${shown} ${what}. Write server:tool, or server:tool:read or :write; * stands for any name.`,
    { details: { scope: text.slice(0, MAX_LENGTH) } },
  );
}
