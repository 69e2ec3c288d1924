import { TrestleError } from "@trestle/protocol";
import { wordsOf } from "./words.ts";

/** Words that stand one after the other; one word in most cases. */
export interface Clause {
  readonly words: readonly string[];
  /** Is the last word only how one begins? */
  readonly prefix: boolean;
  readonly not: boolean;
}

const MIN_PREFIX = 2;
const MAX_CLAUSES = 32;

/** Reads the text of a search: words, "several words", word*, -word. Throws `invalid_input`. */
export function parseSearch(text: string): readonly Clause[] {
  const clauses: Clause[] = [];
  for (const [, minus, quoted, bare] of text.matchAll(/(-?)(?:"([^"]*)"?|([^\s"]+))/gu)) {
    const said = quoted ?? bare ?? "";
    const words = [...wordsOf(said)].map(({ word }) => word);
    if (words.length === 0) continue;
    const prefix = said.endsWith("*");
    if (prefix && (words.at(-1) ?? "").length < MIN_PREFIX) {
      refuse(`"${said}" begins too many words; give at least ${MIN_PREFIX} letters before the *.`);
    }
    clauses.push({ words, prefix, not: minus === "-" });
  }
  if (clauses.length > MAX_CLAUSES) refuse(`give at most ${MAX_CLAUSES} words.`);
  if (!clauses.some(({ not }) => !not)) {
    refuse('give at least one word to look for: letters or digits, not only "-word".');
  }
  return clauses;
}

/** The same for FTS5, whose own syntax nobody has to know. */
export function toMatch(clauses: readonly Clause[]): string {
  const quote = ({ words, prefix }: Clause) => `"${words.join(" ")}"${prefix ? "*" : ""}`;
  const wanted = clauses.filter(({ not }) => !not).map(quote);
  const unwanted = clauses.filter(({ not }) => not).map(quote);
  const all = `(${wanted.join(" AND ")})`;
  return unwanted.length === 0 ? all : `(${all} NOT (${unwanted.join(" OR ")}))`;
}

function refuse(why: string): never {
  throw new TrestleError("invalid_input", `This cannot be searched: ${why}`);
}
