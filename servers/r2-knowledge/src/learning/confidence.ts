import { decay, type Tally, weightsAt } from "./tally.ts";
import { versionDistance } from "./versions.ts";

/** What the odds of a fix are made of. */
export interface FixFacts {
  /** The author's own word, 0 to 1; undefined where there is none. */
  readonly stated?: number | undefined;
  readonly tally: Tally;
  /** When the fix was written or last changed, in milliseconds since 1970. */
  readonly writtenAt: number;
  /** Of the software that the fix is for, and of the one it is wanted for. */
  readonly softwareVersion?: string | undefined;
  readonly wantedVersion?: string | undefined;
}

/** How likely it is that a fix works, and why that is said. */
export interface FixConfidence {
  /** Mean of the posterior, 0 to 1: the odds that it works here and now. */
  readonly value: number;
  /** At least this share works, by what was tried alone: Wilson's lower bound at 95 %. 0 where nothing was tried. */
  readonly lowerBound: number;
  readonly worked: number;
  readonly failed: number;
  /** The author's word, as much as is left of it; 0.5 is "not known". */
  readonly prior: number;
  /** 0 to 1: what was left of the evidence for its age, and for the other version. */
  readonly ageFactor: number;
  readonly versionFactor: number;
  /** One sentence. */
  readonly evidence: string;
}

/** The author's word counts like four attempts, and no word like two that say nothing. */
const STATED_STRENGTH = 4;
const UNSTATED_STRENGTH = 2;
const UNKNOWN = 0.5;
const YEAR_MS = 365 * 86_400_000;

/** All of it but the sentence, for the many that are compared and not shown. */
type Odds = Omit<FixConfidence, "evidence">;

export function confidenceOf(facts: FixFacts, now: number): FixConfidence {
  const odds = oddsOf(facts, now);
  return { ...odds, evidence: inWords(odds, facts, now) };
}

/**
 * A Beta posterior: the author's word is the prior, outcomes are the evidence. Both fade with age and with the
 * distance between the versions, towards "not known".
 */
export function oddsOf(facts: FixFacts, now: number): Odds {
  const { stated, tally, writtenAt, softwareVersion, wantedVersion } = facts;
  const distance =
    softwareVersion === undefined || wantedVersion === undefined
      ? undefined
      : versionDistance(softwareVersion, wantedVersion);
  const versionFactor = distance?.factor ?? 1;
  const wordAge = decay(now - writtenAt, YEAR_MS);
  const prior = UNKNOWN + ((stated ?? UNKNOWN) - UNKNOWN) * wordAge * versionFactor;
  const strength = stated === undefined ? UNSTATED_STRENGTH : STATED_STRENGTH;
  const weights = weightsAt(tally, now);
  const worked = weights.worked * versionFactor;
  const failed = weights.failed * versionFactor;
  const value = (prior * strength + worked) / (strength + worked + failed);
  const tried = tally.worked + tally.failed > 0;
  return {
    value,
    lowerBound: wilsonLowerBound(tally.worked, tally.worked + tally.failed),
    worked: tally.worked,
    failed: tally.failed,
    prior,
    ageFactor: tried ? decay(now - tally.at) : wordAge,
    versionFactor,
  };
}

const Z = 1.96;

/** Lower bound of the 95 % interval of a share of successes. 0 where nothing was tried. */
export function wilsonLowerBound(successes: number, attempts: number): number {
  // Without successes it is 0, and rounding would leave a hair of it.
  if (attempts <= 0 || successes <= 0) return 0;
  const share = successes / attempts;
  const square = Z ** 2;
  const middle = share + square / (2 * attempts);
  const spread = Z * Math.sqrt((share * (1 - share) + square / (4 * attempts)) / attempts);
  return Math.max(0, (middle - spread) / (1 + square / attempts));
}

function inWords(odds: Odds, { stated, tally, wantedVersion }: FixFacts, now: number): string {
  const { worked, failed, lowerBound, versionFactor } = odds;
  const tried = worked + failed;
  const parts: string[] = [];
  if (tried > 0) {
    const days = Math.floor(Math.max(0, now - tally.at) / 86_400_000);
    const when = days === 0 ? "today" : days === 1 ? "yesterday" : `${days} days ago`;
    parts.push(
      `worked ${worked} of ${tried} times (at least ${percent(lowerBound)} at 95 %), last tried ${when}`,
    );
  } else {
    parts.push("never tried since it was stored");
  }
  if (stated !== undefined) parts.push(`its author was ${percent(stated)} sure`);
  if (versionFactor < 1) parts.push(`it was for another version than ${wantedVersion}`);
  return `${parts.join("; ")}.`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
