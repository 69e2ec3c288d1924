import type { ErrorGroup } from "../model/error-group.ts";

/** Two groups that may be one error: for a person to decide, never merged by itself. */
export interface MergeSuggestion {
  readonly groups: readonly [string, string];
  /** Share of their words that they have in common, 0 to 1. */
  readonly similarity: number;
  readonly reasons: readonly string[];
}

export interface SuggestOptions {
  /** From which share of common words on; 0.6 by default. */
  readonly least?: number;
  /** At most so many, the most similar first; 50 by default. */
  readonly most?: number;
}

type Known = Pick<
  ErrorGroup,
  "group" | "family" | "component" | "type" | "command" | "message" | "template" | "class"
>;

const LEAST = 0.6;
const MOST = 50;
/** A word that is in more groups than this tells nothing, and would make each of them a candidate. */
const COMMON = 200;
const FEWEST_WORDS = 3;

/**
 * Groups that say nearly the same, by the words of their messages (Jaccard). Two of one family differ only in
 * where it was thrown; others must agree in type, and in component or command.
 */
export function suggestMerges(
  groups: readonly Known[],
  { least = LEAST, most = MOST }: SuggestOptions = {},
): MergeSuggestion[] {
  const words = groups.map(({ message }) => wordsOf(message));
  const suggestions: MergeSuggestion[] = [];
  for (const [at, other] of candidatePairs(words, groups)) {
    const [first, second] = [groups[at] as Known, groups[other] as Known];
    const reasons = reasonsFor(first, second);
    if (reasons.length === 0) continue;
    const [mine, theirs] = [words[at] as Set<string>, words[other] as Set<string>];
    const common = [...mine].filter((word) => theirs.has(word)).length;
    const all = mine.size + theirs.size - common;
    const similarity = all === 0 ? 1 : common / all;
    const isAlike =
      first.family === second.family || (similarity >= least && common >= FEWEST_WORDS);
    if (!isAlike) continue;
    suggestions.push({
      groups: [first.group, second.group],
      similarity,
      reasons: [`${common} of ${all} words in common`, ...reasons],
    });
  }
  return suggestions.toSorted((a, b) => b.similarity - a.similarity).slice(0, most);
}

function reasonsFor(first: Known, second: Known): string[] {
  if (first.family === second.family) return ["the same error, thrown in different places"];
  const isOtherType =
    first.type !== second.type && first.type !== undefined && second.type !== undefined;
  if (isOtherType || first.class !== second.class) return [];
  const reasons: string[] = [];
  if (first.component === second.component) reasons.push(`both of ${first.component}`);
  if (first.command !== undefined && first.command === second.command) {
    reasons.push(`both from ${first.command}`);
  }
  if (reasons.length === 0) return [];
  if (first.type !== undefined && first.type === second.type) reasons.push(`both ${first.type}`);
  if (first.template === second.template) reasons.push("one template");
  return reasons;
}

/** Pairs with a telling word or the family in common: all pairs would be too many. */
function candidatePairs(
  words: readonly ReadonlySet<string>[],
  groups: readonly Known[],
): Iterable<readonly [number, number]> {
  const groupsOf = new Map<string, number[]>();
  for (const [at, { family }] of groups.entries()) {
    for (const key of [`=${family}`, ...(words[at] ?? [])]) {
      const known = groupsOf.get(key);
      if (known === undefined) groupsOf.set(key, [at]);
      else known.push(at);
    }
  }
  const pairs = new Map<string, readonly [number, number]>();
  for (const members of groupsOf.values()) {
    if (members.length > COMMON) continue;
    for (const [index, at] of members.entries()) {
      for (const other of members.slice(index + 1)) pairs.set(`${at} ${other}`, [at, other]);
    }
  }
  return pairs.values();
}

function wordsOf(message: string): Set<string> {
  return new Set(message.toLowerCase().match(/[\p{L}_]{2,}/gu) ?? []);
}
