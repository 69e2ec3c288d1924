/** What work may cost at most; a bound left out is none. */
export interface BudgetLimits {
  /** Requests to models and calls of tools together. */
  readonly calls?: number | undefined;
  /** Read and written together. */
  readonly tokens?: number | undefined;
  /** Dollars. */
  readonly money?: number | undefined;
  readonly wallMs?: number | undefined;
}

/** What something costs, or may cost at most. */
export interface Spending {
  readonly calls: number;
  readonly tokens: number;
  readonly money: number;
}

export interface Budget {
  /** Learns what others spent meanwhile; asked before each request. */
  refresh(): Promise<void>;
  /** Which bound this would pass, what others are about to spend included; undefined where there is room. */
  refusal(most: Spending): keyof BudgetLimits | undefined;
  /** Sets aside what is about to be spent, so that nobody else spends it. Call the result with what it came to. */
  reserve(most: Spending): (spent: Spending) => void;
  /** What nobody has spent or set aside. */
  left(): Spending;
  /** Milliseconds until the time is up; Infinity where it never is. */
  leftMs(): number;
}

export const NOTHING: Spending = { calls: 0, tokens: 0, money: 0 };

/** Counts what is spent, and says no before a bound is passed. Shared by all that spend from it. */
export function createBudget(limits: BudgetLimits, clock: { now(): number }): Budget {
  const started = clock.now();
  let spent = NOTHING;
  let reserved = NOTHING;
  const leftOf = (bound: keyof Spending) =>
    (limits[bound] ?? Infinity) - spent[bound] - reserved[bound];
  const leftMs = () => (limits.wallMs ?? Infinity) - (clock.now() - started);
  return {
    refresh: async () => {},
    refusal(most) {
      if (leftMs() <= 0) return "wallMs";
      const bounds = ["calls", "tokens", "money"] as const;
      return bounds.find((bound) => most[bound] > 0 && most[bound] > leftOf(bound));
    },
    reserve(most) {
      reserved = sum(reserved, most, 1);
      let settled = false;
      return (cost) => {
        if (settled) return;
        settled = true;
        reserved = sum(reserved, most, -1);
        spent = sum(spent, cost, 1);
      };
    },
    left: () => ({ calls: leftOf("calls"), tokens: leftOf("tokens"), money: leftOf("money") }),
    leftMs,
  };
}

/** One budget of two that both hold. */
export function bothBudgets(one: Budget, other: Budget): Budget {
  return {
    async refresh() {
      await one.refresh();
      await other.refresh();
    },
    refusal: (most) => one.refusal(most) ?? other.refusal(most),
    reserve(most) {
      const settles = [one.reserve(most), other.reserve(most)];
      return (spent) => {
        for (const settle of settles) settle(spent);
      };
    },
    left() {
      const [a, b] = [one.left(), other.left()];
      return {
        calls: Math.min(a.calls, b.calls),
        tokens: Math.min(a.tokens, b.tokens),
        money: Math.min(a.money, b.money),
      };
    },
    leftMs: () => Math.min(one.leftMs(), other.leftMs()),
  };
}

export function sum(one: Spending, other: Spending, sign: 1 | -1): Spending {
  return {
    calls: one.calls + sign * other.calls,
    tokens: one.tokens + sign * other.tokens,
    money: one.money + sign * other.money,
  };
}
