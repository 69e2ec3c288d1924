import { expect, test } from "vitest";
import type { UsageSum } from "../model/session.ts";
import { costOf, knownPrices } from "./prices.ts";

const MILLION = 1_000_000;

function used(model: string, tokens: Partial<UsageSum>): UsageSum {
  const none = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0 };
  const writes = { cacheWriteTokens: 0, cacheWriteHourTokens: 0 };
  return { key: "", model, responses: 1, ...none, ...writes, ...tokens };
}

test.each([
  ["claude-opus-4-20250514", { outputTokens: MILLION }, 75],
  ["claude-opus-4-6", { inputTokens: MILLION, outputTokens: MILLION }, 30],
  ["claude-opus-5-5[1m]", { cacheReadTokens: MILLION }, 0.2],
  ["claude-sonnet-4-5@20250929", { cacheWriteTokens: MILLION }, 3.75],
  ["claude-sonnet-4-5", { cacheWriteTokens: MILLION, cacheWriteHourTokens: MILLION }, 6],
  ["gpt-5-2025-08-07", { inputTokens: MILLION, cacheReadTokens: MILLION }, 1.375],
  ["gpt-5.1-codex", { outputTokens: MILLION, cacheWriteTokens: MILLION }, 10],
  ["codex-mini-latest", { cacheReadTokens: MILLION }, 0.375],
  ["gemini-2.5-flash", { outputTokens: MILLION, cacheReadTokens: MILLION }, 2.53],
])("%s costs by its own price", (model, tokens, dollars) => {
  expect(costOf(used(model, tokens), knownPrices)).toBeCloseTo(dollars, 10);
});

test("a model that nobody named a price for has none, whatever it begins like", () => {
  for (const model of [
    "claude-opus-5-9",
    "claude-sonnet-50",
    "gpt-50",
    "gpt-5.5",
    "gemini-2.5-pro",
    "",
  ]) {
    expect(costOf(used(model, { outputTokens: 1 }), knownPrices)).toBeUndefined();
  }
});
