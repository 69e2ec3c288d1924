import { OTHERS } from "./_gold-others.ts";
import type { GoldSession } from "./_gold-session.ts";
import { STRUCTURED } from "./_gold-structured.ts";
import { WORDS } from "./_gold-words.ts";

/** All that was labelled by hand. */
export const GOLD: readonly GoldSession[] = [...STRUCTURED, ...WORDS, ...OTHERS];
