/** One outcome of a tool: whether a call failed, when it began and how long it took. */
export interface ToolOutcome {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly failed: boolean;
  readonly durationMs: number;
}

/** One simple way to guess whether the next call fails. */
export interface Expert {
  /** For people: what it looks at. */
  readonly says: string;
  /** The probability that a call at this time fails. */
  guess(at: number): number;
  learn(outcome: ToolOutcome): void;
}

/** How many outcomes the rate over all times weighs in a guess that has few of its own. */
const PRIOR = 2;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Failures and calls of which the older weigh less. */
interface Tally {
  failed: number;
  calls: number;
}

const newTally = (): Tally => ({ failed: 0, calls: 0 });

function add(tally: Tally, failed: boolean, keep: number): void {
  tally.failed = tally.failed * keep + (failed ? 1 : 0);
  tally.calls = tally.calls * keep + 1;
}

/** The mean of a Beta distribution around the rate over all times. */
function rateOf({ failed, calls }: Tally, long: number, prior = PRIOR): number {
  return (failed + prior * long) / (calls + prior);
}

/**
 * All experts know the rate over all times, and each one thing besides: how the last calls ended, how those
 * of the last minutes or hours did, how long the present row of failures is, the hour of the day, or whether
 * the last answer was slow.
 */
export function createExperts(): Expert[] {
  const all = newTally();
  // Half a failure in one call: it is there only for the first few.
  const long = (): number => (all.failed + 0.25) / (all.calls + 0.5);
  const longest: Expert = {
    says: "its rate over all calls",
    guess: long,
    learn: ({ failed }) => add(all, failed, 1),
  };
  return [
    ...[5, 25, 125].map((calls) => recentCalls(calls, long)),
    recentTime(15 * MINUTE_MS, "the last quarter of an hour", long),
    recentTime(6 * HOUR_MS, "the last hours", long),
    byState("how its last calls in a row ended", long, rowOfFailures()),
    byState("the hour of the day", long, (outcome, at) => hourOf(outcome?.at ?? at)),
    byState("how slow its last answer was", long, slowness()),
    // The last to learn: the others learn under the rate that was known when they guessed.
    longest,
  ];
}

function recentCalls(halfLife: number, long: () => number): Expert {
  const tally = newTally();
  return {
    says: `its last ${halfLife} calls or so`,
    guess: () => rateOf(tally, long()),
    learn: ({ failed }) => add(tally, failed, 0.5 ** (1 / halfLife)),
  };
}

function recentTime(halfLifeMs: number, name: string, long: () => number): Expert {
  const tally = newTally();
  let last = 0;
  const keptAt = (at: number): number => 0.5 ** (Math.max(0, at - last) / halfLifeMs);
  return {
    says: name,
    guess(at) {
      const keep = keptAt(at);
      return rateOf({ failed: tally.failed * keep, calls: tally.calls * keep }, long());
    },
    learn({ at, failed }) {
      add(tally, failed, keptAt(at));
      last = at;
    },
  };
}

/**
 * Tells in what state the tool is. Asked with an outcome: in what state that call found it, and the state
 * goes on from there; asked without: in what state a call now would find it.
 */
type StateOf = (outcome: ToolOutcome | undefined, at: number) => number;

/** Old counts of a state lose half their weight in so many outcomes of it. */
const STATE_HALF_LIFE = 100;

function byState(says: string, long: () => number, stateOf: StateOf): Expert {
  const tallies = new Map<number, Tally>();
  const keep = 0.5 ** (1 / STATE_HALF_LIFE);
  return {
    says,
    guess: (at) => rateOf(tallies.get(stateOf(undefined, at)) ?? newTally(), long()),
    learn(outcome) {
      const state = stateOf(outcome, outcome.at);
      const tally = tallies.get(state) ?? newTally();
      tallies.set(state, tally);
      add(tally, outcome.failed, keep);
    },
  };
}

/** 0 after a success, else how many failed in a row, up to 3. */
function rowOfFailures(): StateOf {
  let row = 0;
  return (outcome) => {
    const found = row;
    if (outcome) row = outcome.failed ? Math.min(3, row + 1) : 0;
    return found;
  };
}

function hourOf(at: number): number {
  return Math.floor((at % DAY_MS) / HOUR_MS);
}

/** 1 where the last answer took more than twice as long as is usual, as far as that is known. */
function slowness(): StateOf {
  let usual: number | undefined;
  let state = 0;
  return (outcome) => {
    const found = state;
    if (outcome) {
      const took = Math.log(Math.max(0.1, outcome.durationMs));
      state = usual !== undefined && took > usual + Math.LN2 ? 1 : 0;
      usual = usual === undefined ? took : usual + (took - usual) * 0.05;
    }
    return found;
  };
}
