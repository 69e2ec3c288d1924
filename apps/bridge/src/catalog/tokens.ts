import type { JsonObject, JsonValue } from "@trestle/protocol";

/**
 * About how many tokens a value costs as JSON: four ASCII characters are one token, any other character is
 * one of its own. On the definitions of 17 published servers two public tokenizers count 0 to 18 % less.
 */
export function tokensOf(value: JsonValue): number {
  const text = JSON.stringify(value);
  let others = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) others += 1;
  return Math.ceil((text.length - others) / 4) + others;
}

/** What hosts show a model of a definition. */
function visibleOf({ name, title, description, inputSchema }: JsonObject): JsonObject {
  return { name, title, description, inputSchema };
}

/** Different tools that a conversation uses: with each comes one search, and one description is read. */
const USES = 5;
const ROWS = 10;
/** Of one row of an answer of find_tools, besides name, summary and arguments. */
const ROW_FACTS = 40;
const SUMMARY = 200;

/** What the two ways of listing cost one conversation, in tokens. */
export interface ListingCosts {
  readonly full: number;
  /** The carriers' definitions, and what five searches and descriptions add to them. */
  readonly search: number;
}

export function listingCosts(
  listed: readonly JsonObject[],
  carriers: readonly JsonObject[],
): ListingCosts {
  const sum = (values: readonly JsonObject[]): number =>
    values.reduce((total, value) => total + tokensOf(visibleOf(value)), 0);
  const full = sum(listed);
  const mean = (total: number): number => total / Math.max(1, listed.length);
  const rows = listed.reduce((total, tool) => total + rowOf(tool), 0);
  const answer = mean(rows) * Math.min(ROWS, listed.length);
  return { full, search: Math.ceil(sum(carriers) + USES * (answer + mean(full))) };
}

function rowOf({ name, description, inputSchema }: JsonObject): number {
  const properties = (inputSchema as JsonObject | undefined)?.properties ?? {};
  const summary = String(description ?? "").slice(0, SUMMARY);
  return ROW_FACTS + tokensOf([name ?? "", summary, Object.keys(properties as object)]);
}
