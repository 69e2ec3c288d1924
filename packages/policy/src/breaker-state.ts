export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly consecutive: number;
  /** The share of failures that opens it, once a window holds `minimumCalls`. */
  readonly ratio: number;
  readonly minimumCalls: number;
  readonly windowMs: number;
  /** How long it stays open before one call may probe. */
  readonly openMs: number;
}

export const DEFAULT_BREAKER: BreakerSettings = {
  consecutive: 5,
  ratio: 0.5,
  minimumCalls: 20,
  windowMs: 60_000,
  openMs: 60_000,
};

/** What is known of one tool of one upstream. */
export type BreakerState =
  | {
      readonly kind: "closed";
      /** Failures in a row. */
      consecutive: number;
      calls: number;
      failures: number;
      windowEnd: number;
    }
  | { readonly kind: "open"; readonly until: number }
  | { readonly kind: "half_open" };

export type Verdict = "success" | "failure" | "neutral";

export function closed(now: number, { windowMs }: BreakerSettings): BreakerState {
  return { kind: "closed", consecutive: 0, calls: 0, failures: 0, windowEnd: now + windowMs };
}

/** The state after a call that was let through in `state` came to its end. */
export function afterCall(
  state: BreakerState,
  verdict: Verdict,
  { now, settings }: { readonly now: number; readonly settings: BreakerSettings },
): BreakerState {
  const open: BreakerState = { kind: "open", until: now + settings.openMs };
  switch (state.kind) {
    case "open":
      return state;
    case "half_open":
      if (verdict === "success") return closed(now, settings);
      // A probe that proved nothing leaves the next call to probe.
      return verdict === "failure" ? open : { kind: "open", until: now };
    case "closed":
      if (verdict === "neutral") return state;
      count(state, verdict === "failure", { now, windowMs: settings.windowMs });
      return isTooMuch(state, settings) ? open : state;
  }
}

type Closed = Extract<BreakerState, { kind: "closed" }>;

function count(
  state: Closed,
  failed: boolean,
  { now, windowMs }: { readonly now: number; readonly windowMs: number },
): void {
  if (now >= state.windowEnd) {
    state.calls = 0;
    state.failures = 0;
    state.windowEnd = now + windowMs;
  }
  state.calls += 1;
  state.failures += failed ? 1 : 0;
  state.consecutive = failed ? state.consecutive + 1 : 0;
}

function isTooMuch(
  { consecutive, calls, failures }: Closed,
  { consecutive: most, minimumCalls, ratio }: BreakerSettings,
): boolean {
  return consecutive >= most || (calls >= minimumCalls && failures / calls >= ratio);
}
