import { createExperts, type Expert, type ToolOutcome } from "./experts.ts";

/** How likely the next call of a tool fails, or why nothing is said of that. */
export type Forecast =
  | {
      readonly shown: true;
      /** From 0 to 1. */
      readonly probability: number;
      readonly outcomes: number;
      /** The share of all its calls that failed. */
      readonly baseRate: number;
      /** How much better than the best constant guess, on later calls than it had learned from; 1 is perfect. */
      readonly skill: number;
      /** What the guess rests on most. */
      readonly because: string;
    }
  | { readonly shown: false; readonly outcomes: number; readonly reason: string };

/** Of fewer outcomes nothing is said. */
const FEWEST_OUTCOMES = 200;
/** The later part, on which a forecast must have been better than a constant. */
const HELD_OUT = 0.4;
/** So many standard errors must the gain be above zero: chance alone is above it half of the time. */
const SURE = 0.5;

/**
 * Learns from the outcomes in their order, the oldest first. Each is guessed before it is known; the guesses
 * of the later part are held against the best constant guess there, which only hindsight could know. Where
 * they are not better beyond chance, nothing is shown.
 */
export function forecastOf(outcomes: readonly ToolOutcome[], now: number): Forecast {
  const { length } = outcomes;
  const few = `${length} of ${FEWEST_OUTCOMES} outcomes`;
  if (length < FEWEST_OUTCOMES) return { shown: false, outcomes: length, reason: few };
  const council = createCouncil();
  const held: Guess[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    const guess = council.guess(outcome.at);
    if (index >= length * (1 - HELD_OUT)) held.push({ guess, failed: outcome.failed });
    council.learn(outcome);
  }
  const { skill, isSure } = skillOf(held);
  if (!isSure) {
    const reason = "guesses were no better than its rate of failures";
    return { shown: false, outcomes: length, reason };
  }
  const failed = outcomes.filter((outcome) => outcome.failed).length;
  return {
    shown: true,
    probability: council.guess(now),
    outcomes: length,
    baseRate: failed / length,
    skill,
    because: council.because(),
  };
}

interface Guess {
  readonly guess: number;
  readonly failed: boolean;
}

/** The Brier skill score over the best constant guess, and whether it is above zero beyond chance. */
function skillOf(guesses: readonly Guess[]): {
  readonly skill: number;
  readonly isSure: boolean;
} {
  const count = guesses.length;
  const rate = guesses.filter(({ failed }) => failed).length / count;
  const errorOf = (guess: number, failed: boolean): number => (guess - (failed ? 1 : 0)) ** 2;
  const gains = guesses.map(({ guess, failed }) => errorOf(rate, failed) - errorOf(guess, failed));
  const reference = rate * (1 - rate);
  if (reference === 0) return { skill: 0, isSure: false };
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / count;
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (count - 1);
  return { skill: mean / reference, isSure: mean > SURE * Math.sqrt(variance / count) };
}

/** Part of the trust that is spread anew with each outcome, so that nobody is out of the game for good. */
const SHARED = 0.01;

/** The experts' guesses by how much each is to be trusted: by how well it foretold what came. */
export function createCouncil() {
  const experts = createExperts();
  let trust = experts.map(() => 1 / experts.length);

  function guess(at: number): number {
    return experts.reduce((sum, expert, index) => sum + (trust[index] ?? 0) * expert.guess(at), 0);
  }

  function learn(outcome: ToolOutcome): void {
    const likelihoods = experts.map((expert) => {
      const failing = expert.guess(outcome.at);
      return outcome.failed ? failing : 1 - failing;
    });
    const weighed = trust.map((each, index) => each * (likelihoods[index] ?? 0));
    const sum = weighed.reduce((total, each) => total + each, 0);
    trust = weighed.map((each) => (1 - SHARED) * (each / sum) + SHARED / experts.length);
    for (const expert of experts) expert.learn(outcome);
  }

  return {
    guess,
    learn,
    because: (): string => mostTrusted(experts, trust).says,
  };
}

function mostTrusted(experts: readonly Expert[], trust: readonly number[]): Expert {
  const most = Math.max(...trust);
  return experts[trust.indexOf(most)] as Expert;
}
