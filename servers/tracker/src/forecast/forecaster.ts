import { chanceOf, fitLogistic } from "./logistic.ts";
import { learnColumns, type Traits } from "./traits.ts";

/** A forecast that could have been made, and what became of it. */
export interface Outcome {
  /** What it is about: a task, a group. Several outcomes of one subject are no independent proof. */
  readonly subject: string;
  /** When it would have been made; `traits` is what was known then. */
  readonly at: number;
  /** When it was known what became of it. */
  readonly knownAt: number;
  readonly happened: boolean;
  readonly traits: Traits;
}

export type Forecaster =
  /** Too little is known, or the model is no better than the base rate. */
  | { readonly kind: "hidden"; readonly reason: string; readonly outcomes: number }
  | {
      readonly kind: "shown";
      /** Chance that it happens, 0 to 1. */
      chance(traits: Traits): number;
      readonly proof: Proof;
    };

/** How good a model was on data later than all that it was fitted on. */
export interface Proof {
  readonly outcomes: number;
  readonly judgedOn: number;
  /** How often it happened in the data that it was fitted on: the forecast to beat. */
  readonly baseRate: number;
  /** Mean squared error of its chances. */
  readonly brier: number;
  /** Brier skill score against the base rate: 0 is no better, 1 is perfect. */
  readonly skill: number;
  /** What the skill surely (95 %) is above. */
  readonly skillAtLeast: number;
  /** Of ten equal spans of chances those that occurred: what was said, and how often it happened. */
  readonly reliability: readonly Reliability[];
}

interface Reliability {
  readonly said: number;
  readonly happened: number;
  readonly count: number;
}

/** Outcomes from which on there is a forecast. */
const LEAST_OUTCOMES = 200;
const FITTED_SHARE = 0.7;
const SHRINK = 3;
const ONE_SIDED_95 = 1.645;
const BINS = 10;

/**
 * A forecaster from the store's own history. It is fitted on the earlier outcomes and judged on later ones; only if it
 * is surely better there than the base rate is it fitted on all and shown, together with that proof. `known` is how
 * many outcomes there are, where several of `outcomes` are one seen at different times.
 */
export function createForecaster(
  outcomes: readonly Outcome[],
  known = outcomes.length,
): Forecaster {
  const hidden = (reason: string) => ({ kind: "hidden" as const, reason, outcomes: known });
  if (known < LEAST_OUTCOMES) {
    return hidden(`There are ${known} outcomes; a forecast needs ${LEAST_OUTCOMES}.`);
  }
  const times = outcomes.map(({ at }) => at).sort((a, b) => a - b);
  const split = times[Math.floor(times.length * FITTED_SHARE)] ?? 0;
  const earlier = outcomes.filter(({ knownAt }) => knownAt <= split);
  const later = outcomes.filter(({ at }) => at >= split);
  if (earlier.length === 0 || later.length === 0) {
    return hidden("All outcomes are of one time: there is nothing later to judge a forecast on.");
  }
  const proof = judge(earlier, later, known);
  if (proof.skillAtLeast <= 0) {
    return hidden(
      `On later data it is not surely better than the base rate (skill ${proof.skill.toFixed(3)}).`,
    );
  }
  return { kind: "shown", chance: fit(outcomes), proof };
}

function fit(outcomes: readonly Outcome[]): (traits: Traits) => number {
  const toRow = learnColumns(outcomes.map(({ traits }) => traits));
  const rows = outcomes.map(({ traits }) => toRow(traits));
  const weights = fitLogistic(
    rows,
    outcomes.map(({ happened }) => Number(happened)),
    SHRINK,
  );
  return (traits) => chanceOf(weights, toRow(traits));
}

function judge(earlier: readonly Outcome[], later: readonly Outcome[], outcomes: number): Proof {
  const chance = fit(earlier);
  const baseRate = rateOf(earlier);
  const judged = later.map((outcome) => {
    const said = chance(outcome.traits);
    const happened = Number(outcome.happened);
    return {
      outcome,
      said,
      happened,
      error: (said - happened) ** 2,
      base: (baseRate - happened) ** 2,
    };
  });
  const brier = meanOf(judged.map(({ error }) => error));
  const reference = meanOf(judged.map(({ base }) => base));
  // Outcomes of one subject stand or fall together.
  const gains = [...Map.groupBy(judged, ({ outcome }) => outcome.subject).values()].map((each) =>
    each.reduce((sum, { base, error }) => sum + base - error, 0),
  );
  const doubt = (ONE_SIDED_95 * deviationOf(gains) * Math.sqrt(gains.length)) / judged.length;
  const scale = reference === 0 ? 1 : reference;
  return {
    outcomes,
    judgedOn: gains.length,
    baseRate,
    brier,
    skill: (reference - brier) / scale,
    skillAtLeast: (reference - brier - doubt) / scale,
    reliability: reliabilityOf(judged),
  };
}

function reliabilityOf(
  judged: readonly { readonly said: number; readonly happened: number }[],
): Reliability[] {
  const bins = Map.groupBy(judged, ({ said }) => Math.min(BINS - 1, Math.floor(said * BINS)));
  return [...bins]
    .toSorted(([a], [b]) => a - b)
    .map(([, all]) => ({
      said: meanOf(all.map(({ said }) => said)),
      happened: meanOf(all.map(({ happened }) => happened)),
      count: all.length,
    }));
}

function rateOf(outcomes: readonly Outcome[]): number {
  return meanOf(outcomes.map(({ happened }) => Number(happened)));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1));
}
