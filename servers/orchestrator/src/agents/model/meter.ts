import type { JsonValue } from "@trestle/protocol";
import { type Budget, type BudgetLimits, NOTHING, type Spending, sum } from "../budget.ts";
import type { ModelRequest, Usage } from "./conversation.ts";

/** Dollars for a million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

/** What one request may come to. */
export interface Room {
  readonly maxOutputTokens: number;
  readonly inputTokens: number;
}

/** What became of a request: where its answer was lost, it may have cost all that it could. */
export type Came =
  | { readonly kind: "answered"; readonly usage: Usage; readonly messages: number }
  | { readonly kind: "refused" }
  | { readonly kind: "lost" };

/** An answer shorter than this is none. */
const LEAST_OUTPUT = 32;
/** A token has at least two bytes on the whole; what a provider adds to a request comes on top. */
const BYTES_PER_TOKEN = 2;
const ADDED_TOKENS = 512;
const MILLION = 1_000_000;

/**
 * Counts what one run spends of a budget, and knows before each request what it may come to: the tokens it
 * reads are bounded by its bytes, or by what the provider counted the last time and what came since.
 */
export function createMeter(run: {
  readonly budget: Budget;
  readonly price: Price | undefined;
  readonly maxOutputTokens: number;
}) {
  const { budget, price } = run;
  let spent = NOTHING;
  let counted: { readonly tokens: number; readonly messages: number } | undefined;

  const costOf = ({ inputTokens, outputTokens }: Usage): Spending => ({
    calls: 1,
    tokens: inputTokens + outputTokens,
    money: price ? (inputTokens * price.input + outputTokens * price.output) / MILLION : 0,
  });

  function inputBound({ system, messages, tools }: Omit<ModelRequest, "maxOutputTokens">): number {
    const fresh =
      counted === undefined ? { system, messages, tools } : messages.slice(counted.messages);
    const bytes = Buffer.byteLength(JSON.stringify(fresh));
    return Math.ceil(bytes / BYTES_PER_TOKEN) + ADDED_TOKENS + (counted?.tokens ?? 0);
  }

  function outputRoom(inputTokens: number): number {
    const { tokens, money } = budget.left();
    const byMoney =
      price === undefined || price.output === 0
        ? Infinity
        : (money - (inputTokens * price.input) / MILLION) / (price.output / MILLION);
    // A hair less, so that rounding passes no bound.
    return Math.floor(Math.min(run.maxOutputTokens, tokens - inputTokens, byMoney - 1e-6));
  }

  function count(spending: Spending): void {
    spent = sum(spent, spending, 1);
  }

  return {
    spent: () => spent,
    /** How long the answer to this request may be, or the bound that it would pass. */
    room(request: Omit<ModelRequest, "maxOutputTokens">): Room | { bound: keyof BudgetLimits } {
      const inputTokens = inputBound(request);
      const maxOutputTokens = Math.max(LEAST_OUTPUT, outputRoom(inputTokens));
      const bound = budget.refusal(costOf({ inputTokens, outputTokens: maxOutputTokens }));
      return bound === undefined ? { maxOutputTokens, inputTokens } : { bound };
    },
    /** Sets the room aside; call the result with what came of it. */
    reserve(room: Room) {
      const { inputTokens, maxOutputTokens } = room;
      const most = costOf({ inputTokens, outputTokens: maxOutputTokens });
      const settle = budget.reserve(most);
      return (came: Came) => {
        const cost =
          came.kind === "answered"
            ? costOf(came.usage)
            : came.kind === "lost"
              ? most
              : { ...NOTHING, calls: 1 };
        settle(cost);
        count(cost);
        if (came.kind !== "answered") return;
        const { inputTokens: read, outputTokens: written } = came.usage;
        counted = { tokens: read + written, messages: came.messages };
      };
    },
    /** For providers that count nothing: never less than it was. */
    guess: ({ inputTokens }: Room, answer: JsonValue): Usage => ({
      inputTokens,
      outputTokens: Math.ceil(Buffer.byteLength(JSON.stringify(answer)) / BYTES_PER_TOKEN),
    }),
    /** Calls of tools: all, or none where they would pass the bound. */
    countCalls(calls: number): keyof BudgetLimits | undefined {
      const cost = { ...NOTHING, calls };
      const bound = budget.refusal(cost);
      if (bound !== undefined) return bound;
      budget.reserve(cost)(cost);
      count(cost);
      return undefined;
    },
  };
}
