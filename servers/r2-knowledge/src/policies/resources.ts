import { TrestleError } from "@trestle/protocol";
import type { RecordFacts } from "../records/record-facts.ts";

/** What a rule names where it means the knowledge as a whole, and not a record of it. */
export const STORE = "store";
/** Stands for the context of a record that has none, and for the id of one that is yet to come. */
const NONE = "~";
const KINDS = ["diagnosis", "audit", "pattern", "*"];

/**
 * The name of a record in rules: `diagnosis/<context>/<id>`. Contexts that look the same are the same
 * here, and a slash or star in one is spelt out, so that no name reaches into another's place.
 */
export function resourceOf({ kind, context, id }: RecordFacts): string {
  const where = context === undefined ? NONE : contextName(context) || NONE;
  return `${kind}/${where}/${id === "" ? NONE : encoded(id)}`;
}

/** A context as rules see it. */
export const contextName = (context: string): string => encoded(folded(context).trim());

/** Small letters, one kind of each letter and of space, and nothing that does not show. */
function folded(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFKC")
    .replace(/\s+/g, " ")
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]/gu, "");
}

/** A record as people name it: `diagnosis/checkout/01J…`, of which the id may be left out. Throws `invalid_input`. */
export function parseResource(text: string): Pick<RecordFacts, "kind" | "context" | "id"> {
  const [kind, context = NONE, id = "", ...rest] = text.split("/");
  if ((kind === "diagnosis" || kind === "audit" || kind === "pattern") && rest.length === 0)
    return { kind, context: context === NONE ? undefined : decoded(context), id: decoded(id) };
  throw new TrestleError(
    "invalid_input",
    `"${text}" names no record. Write kind/context or kind/context/id with kind one of diagnosis, audit, pattern; a slash in a context is %2F, and ~ is no context.`,
  );
}

/** A pattern as people write it (`diagnosis/Shop API/*`), in the form of the names. Throws `invalid_input`. */
export function resourcePattern(pattern: string): string {
  if (pattern === "*" || pattern === STORE) return pattern;
  const [kind = "", context, id, ...rest] = pattern.split("/");
  if (!KINDS.includes(kind) || context === undefined || id === undefined || rest.length > 0) {
    throw new TrestleError(
      "invalid_input",
      `"${pattern}" names no resource. Write *, store, or kind/context/id with kind one of ${KINDS.join(", ")}: diagnosis/checkout/*. A slash in a context is %2F; ~ is a record without context.`,
    );
  }
  return `${kind}/${context === NONE ? NONE : contextPattern(context)}/${eachPiece(id, encoded)}`;
}

export function contextPattern(pattern: string): string {
  return eachPiece(pattern, (piece) => encoded(folded(decoded(piece))));
}

/** The ids by which patterns of resources fit records; `all` where one of them fits ids by a part. */
export function namedIds(patterns: readonly string[]): readonly string[] | "all" {
  const ids = patterns
    .filter((pattern) => pattern !== "*" && pattern !== STORE)
    .map((pattern) => pattern.slice(pattern.lastIndexOf("/") + 1))
    .filter((id) => id !== "*");
  return ids.some((id) => id.includes("*")) ? "all" : ids.map(decoded);
}

function eachPiece(pattern: string, change: (piece: string) => string): string {
  return pattern.split("*").map(change).join("*");
}

/** `encodeURIComponent` leaves some marks as they are, of which two mean something here. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll("~", "%7E").replaceAll("*", "%2A");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
