import type { SessionFacts } from "../model/record.ts";

const NAMES = ["agent", "cwd", "branch", "agentVersion", "title", "parent"] as const;

/** What a line says of its session; undefined where it does not say. */
export type SessionWords = { readonly [Key in keyof SessionFacts]: SessionFacts[Key] | undefined };

/** Lines say the same of their session again and again: this leaves what the reader did not say before. */
export function createSessionNews(): (
  sessionId: string,
  words: SessionWords,
) => SessionFacts | undefined {
  let saidOf: string | undefined;
  let said: SessionWords = {};
  return (sessionId, words) => {
    if (sessionId !== saidOf) said = {};
    saidOf = sessionId;
    if (NAMES.every((name) => isKnown(words[name], said[name]))) return undefined;
    const fresh = NAMES.filter((name) => !isKnown(words[name], said[name]));
    const news = Object.fromEntries(fresh.map((name) => [name, words[name]]));
    said = { ...said, ...news };
    return news;
  };
}

function isKnown(word: string | undefined, before: string | undefined): boolean {
  return word === undefined || word === before;
}
