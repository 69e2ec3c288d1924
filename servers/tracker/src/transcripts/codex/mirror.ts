import { hash } from "node:crypto";
import { createRecent, parseMemory } from "../recent.ts";

/** Twins stand a few lines apart. */
const MOST = 50;

/**
 * Codex writes most things twice, as an item of the conversation and as an event, in either order. Whichever comes
 * first is taken; its twin is a record without parts.
 */
export interface Mirror {
  /** True the first time. `key` is the id of a call that was answered. */
  isFirstAnswer(key: string): boolean;
  /** True unless the other side said the same before. */
  isFirstWord(side: "item" | "event", who: "user" | "agent", text: string): boolean;
  session: string | undefined;
  model: string | undefined;
  memory(): string;
}

interface Remembered {
  readonly answered: [string, true][];
  readonly said: [string, number][];
  readonly session?: string | undefined;
  readonly model?: string | undefined;
}

export function createMirror(text: string): Mirror {
  const before = parseMemory<Remembered>(text, { answered: [], said: [] });
  const answered = createRecent<true>(MOST, before.answered);
  /** How often one side is ahead of the other with a text. */
  const ahead = createRecent<number>(MOST, before.said);

  return {
    session: before.session,
    model: before.model,
    isFirstAnswer: (key) => {
      if (key === "") return true;
      const isFirst = answered.get(key) === undefined;
      answered.set(key, true);
      return isFirst;
    },
    isFirstWord: (side, who, words) => {
      const key = `${who} ${hash("sha1", words.trim(), "base64")}`;
      const lead = ahead.get(key) ?? 0;
      const step = side === "item" ? 1 : -1;
      if (lead + step === 0) ahead.delete(key);
      else ahead.set(key, lead + step);
      return Math.abs(lead + step) > Math.abs(lead);
    },
    memory() {
      return JSON.stringify({
        answered: answered.entries(),
        said: ahead.entries(),
        session: this.session,
        model: this.model,
      });
    },
  };
}
