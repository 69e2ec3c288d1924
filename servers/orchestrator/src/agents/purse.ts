import type { Clock } from "@trestle/protocol";
import type { Beat } from "../swarms/answers.ts";
import { type Budget, type BudgetLimits, NOTHING, type Spending, sum } from "./budget.ts";

/** What the agents of one crew are about to spend, or have spent and not yet said. */
export interface Pending {
  spending: Spending;
}

/** The budget of a swarm as one of its agents spends of it. */
export interface Purse extends Budget {
  /** What it has spent and not yet said; whoever takes it says it, or gives it back. */
  take(): { readonly spent: Spending; told(): void; giveBack(): void };
  /** What the swarm answered last. */
  learn(left: BudgetLimits): void;
}

/**
 * Spends of the swarm's budget, which is asked for before each request, and never more than is left after what the
 * others of the crew are about to spend.
 */
export function createPurse(pending: Pending, beat: () => Promise<Beat>, clock: Clock): Purse {
  let unsaid = NOTHING;
  let left: BudgetLimits = {};
  let learned = clock.now();
  const add = (spending: Spending, sign: 1 | -1) => {
    pending.spending = sum(pending.spending, spending, sign);
  };
  const leftOf = (bound: keyof Spending) => (left[bound] ?? Infinity) - pending.spending[bound];
  const leftMs = () => (left.wallMs ?? Infinity) - (clock.now() - learned);
  return {
    async refresh() {
      await beat();
    },
    refusal(most) {
      if (leftMs() <= 0) return "wallMs";
      const bounds = ["calls", "tokens", "money"] as const;
      return bounds.find((bound) => most[bound] > 0 && most[bound] > leftOf(bound));
    },
    reserve(most) {
      add(most, 1);
      let settled = false;
      return (spent) => {
        if (settled) return;
        settled = true;
        add(most, -1);
        add(spent, 1);
        unsaid = sum(unsaid, spent, 1);
      };
    },
    left: () => ({ calls: leftOf("calls"), tokens: leftOf("tokens"), money: leftOf("money") }),
    leftMs,
    take() {
      const spent = unsaid;
      unsaid = NOTHING;
      return {
        spent,
        told: () => add(spent, -1),
        giveBack() {
          unsaid = sum(unsaid, spent, 1);
        },
      };
    },
    learn(now) {
      left = now;
      learned = clock.now();
    },
  };
}
