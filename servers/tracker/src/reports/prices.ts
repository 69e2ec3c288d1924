import * as z from "zod";
import type { UsageSum } from "../model/session.ts";

const dollars = z.number().min(0);

/** By a model's name without its date. Dollars per million tokens. */
export const pricesFile = z.record(
  z.string().min(1),
  z.strictObject({
    input: dollars,
    output: dollars,
    cacheRead: dollars,
    cacheWrite: dollars.default(0),
    /** Of what is kept for an hour. */
    cacheWriteHour: dollars.default(0),
  }),
);

export type Prices = Readonly<z.output<typeof pricesFile>>;

/** What is written to the cache costs 1.25 times as much as input, for an hour twice; what is read a tenth of it. */
function claude(input: number, output: number, cacheRead = input * 0.1) {
  return { input, output, cacheRead, cacheWrite: input * 1.25, cacheWriteHour: input * 2 };
}

/** Where nothing is paid for keeping, only less for what is read again. */
function withoutWrites(input: number, output: number, cacheRead = input * 0.1) {
  return { input, output, cacheRead, cacheWrite: 0, cacheWriteHour: 0 };
}

/** Anthropic: platform.claude.com, pricing, October 2026. */
const anthropic: Prices = {
  "claude-fable-5-1": claude(10, 50, 0.25),
  "claude-fable-5": claude(10, 50),
  "claude-opus-5-5": claude(4, 20, 0.2),
  "claude-opus-5": claude(5, 25),
  "claude-opus-4-8": claude(5, 25),
  "claude-opus-4-7": claude(5, 25),
  "claude-opus-4-6": claude(5, 25),
  "claude-opus-4-5": claude(5, 25),
  "claude-opus-4-1": claude(15, 75),
  "claude-opus-4": claude(15, 75),
  "claude-sonnet-5": claude(2, 10),
  "claude-sonnet-4-6": claude(3, 15),
  "claude-sonnet-4-5": claude(3, 15),
  "claude-sonnet-4": claude(3, 15),
  "claude-haiku-4-5": claude(1, 5),
  "claude-3-5-haiku": claude(0.8, 4),
};

/** OpenAI: developers.openai.com, pricing, standard tier, November 2026; what is withdrawn, as it was last sold. */
const openai: Prices = {
  "gpt-5.4-mini": withoutWrites(0.75, 4.5),
  "gpt-5.3-codex": withoutWrites(1.75, 14),
  "gpt-5.2-codex": withoutWrites(1.75, 14),
  "gpt-5.2": withoutWrites(1.75, 14),
  "gpt-5.1-codex-max": withoutWrites(1.25, 10),
  "gpt-5.1-codex-mini": withoutWrites(0.25, 2),
  "gpt-5.1-codex": withoutWrites(1.25, 10),
  "gpt-5.1": withoutWrites(1.25, 10),
  "gpt-5-codex": withoutWrites(1.25, 10),
  "gpt-5": withoutWrites(1.25, 10),
  "gpt-5-mini": withoutWrites(0.25, 2),
  "gpt-5-nano": withoutWrites(0.05, 0.4),
  "gpt-4.1": withoutWrites(2, 8, 0.5),
  "gpt-4.1-mini": withoutWrites(0.4, 1.6, 0.1),
  "gpt-4.1-nano": withoutWrites(0.1, 0.4, 0.025),
  o3: withoutWrites(2, 8, 0.5),
  "o4-mini": withoutWrites(1.1, 4.4, 0.275),
  "codex-mini": withoutWrites(1.5, 6, 0.375),
};

/** Google: ai.google.dev, Gemini API pricing, paid tier, text, July 2026. Storage of explicit caches is not in it. */
const google: Prices = {
  "gemini-3-flash-preview": withoutWrites(0.5, 3),
  "gemini-2.5-flash": withoutWrites(0.3, 2.5),
  "gemini-2.5-flash-lite": withoutWrites(0.1, 0.4),
};

/**
 * List prices, by model, where one price holds whatever the length of a prompt: of those that cost more from some
 * length on (GPT-5.4 and 5.5, Gemini Pro) sums of tokens tell no price, and none is guessed. An operator's file
 * overrides them.
 */
export const knownPrices: Prices = { ...anthropic, ...openai, ...google };

/** What stands behind a model's name and is no other model: its date, a platform's version, its context. */
const BEHIND_NAME = /(?:-\d{8}|-\d{4}-\d{2}-\d{2}|-latest|@.*|\[.*\])+$/;

const MILLION = 1_000_000;

/** In dollars; undefined where the price of the model is not known. */
export function costOf(sum: UsageSum, prices: Prices): number | undefined {
  const price = prices[sum.model] ?? prices[sum.model.replace(BEHIND_NAME, "")];
  if (price === undefined) return undefined;
  const shortWrites = sum.cacheWriteTokens - sum.cacheWriteHourTokens;
  return (
    (sum.inputTokens * price.input +
      sum.outputTokens * price.output +
      sum.cacheReadTokens * price.cacheRead +
      shortWrites * price.cacheWrite +
      sum.cacheWriteHourTokens * price.cacheWriteHour) /
    MILLION
  );
}
