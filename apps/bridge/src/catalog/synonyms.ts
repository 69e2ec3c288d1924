import { MEANINGS, NEAR } from "./synonyms-table.ts";
import { stemOf } from "./words.ts";

/** Words that are one thing only together; what they become is looked up instead. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\bhttps?:\/\/\S+|\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|app)\b/gi, "url domain website"],
  [
    /(?:\*|\b[\w-]+)\.(?:md|txt|ya?ml|toml|json|csv|pdf|docx?|xlsx?|ts|js|py|go|log|html?|xml)\b/gi,
    "$& file",
  ],
  [/\b[\w-]+\.(?:png|jpe?g|gif|svg|webp)\b/gi, "image file"],
  [/(?:^|\s)#[a-z][\w-]*/gi, " channel "],
  [/-?\b\d+\.\d+\s*,\s*-?\d+\.\d+\b/gi, "coordinates latitude longitude"],
  [/\bprs?\b/gi, "pull request"],
  [/\bk8s\b/gi, "kubernetes"],
  [/\bmongo\b/gi, "mongodb"],
  [/\bdbs?\b/gi, "database"],
  [/\bjs\b/gi, "javascript"],
  [/\bmd\b/gi, "markdown"],
  [/\b(?:set|spin|start)(?:ting)? up\b/gi, "create"],
  [/\b(?:get rid of|throw away|throw out|take out|take down)\b/gi, "delete"],
  [/\btear down\b/gi, "teardown"],
  [/\blook(?:ing)? (?:up|for)\b/gi, "search"],
  [/\blog(?:ged)? in(?:to)?\b/gi, "login"],
  [/\bup[ -]to[ -]date\b/gi, "update latest"],
  [/\bhow many\b/gi, "count"],
  [/\b(?:turn|switch)(?:ed)? (?:on|off)\b/gi, "toggle"],
  [/\ba11y\b/gi, "accessibility"],
  [/\bllms?\b/gi, "ai model"],
];

const NEAREST = 1.3;
const SPREAD = 0.6;
/** Of the words that may stand for one, each counts that much less than the one before. */
const NEXT = 0.73;

const meanings = makeMeanings();

/** The stems that may be meant by one, and how surely: the fewer share a meaning, the nearer they are. */
export function synonymsOf(stem: string): ReadonlyMap<string, number> | undefined {
  return meanings.get(stem);
}

/** The request with set phrases in the trade's words. */
export function withoutPhrases(text: string): string {
  return PHRASES.reduce((said, [phrase, words]) => said.replaceAll(phrase, words), text);
}

type Meanings = Map<string, Map<string, number>>;

function makeMeanings(): Meanings {
  const found: Meanings = new Map();
  const add = (word: string, other: string, nearness: number): void => {
    if (word === other) return;
    const others = found.get(word) ?? new Map<string, number>();
    others.set(other, Math.max(others.get(other) ?? 0, nearness));
    found.set(word, others);
  };
  for (const group of entriesOf(MEANINGS).map(stemsOf)) {
    const nearness = Math.min(1, NEAREST / group.length ** SPREAD);
    for (const word of group) for (const other of group) add(word, other, nearness);
  }
  for (const [words = "", others = ""] of entriesOf(NEAR).map((entry) => entry.split(":"))) {
    const [word = ""] = stemsOf(words);
    for (const [at, other] of stemsOf(others).entries()) {
      add(word, other, NEXT ** at);
      add(other, word, NEXT ** at);
    }
  }
  return found;
}

function entriesOf(table: string): string[] {
  return table.split(";").map((entry) => entry.trim());
}

function stemsOf(words: string): string[] {
  return [...new Set(words.trim().split(/\s+/).map(stemOf))];
}
