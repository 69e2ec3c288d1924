import type { KeyKind } from "./event.ts";

interface Significance {
  /** How often both were there. */
  readonly support: number;
  /** How much more often than by chance: 1 is chance. */
  readonly lift: number;
  readonly pValue: number;
  /** The false discovery rate at which it is a finding, over all that was tested. */
  readonly falseDiscoveryRate: number;
  /** Record ids: one of each side, the newest first. */
  readonly examples: readonly (readonly [string, string])[];
}

export interface Side {
  readonly component: string;
  readonly group: string;
}

/** `second` follows `first`, or comes with it, more often than by chance. */
export interface TimeFinding extends Significance {
  readonly kind: "time";
  readonly first: Side;
  readonly second: Side;
  /** The median time from the one to the other. */
  readonly lagMs: number;
  /** Width of the windows in which they were found together. */
  readonly windowMs: number;
}

/** Both are found at the same sessions, files, commits or hosts more often than by chance. */
export interface KeyFinding extends Significance {
  readonly kind: "key";
  readonly first: Side;
  readonly second: Side;
  readonly key: KeyKind;
  /** Some of what they share. */
  readonly shared: readonly string[];
}

export type Finding = TimeFinding | KeyFinding;

type Told<Kind extends Finding> = Omit<Kind, "support" | "lift" | "pValue" | "falseDiscoveryRate">;

/** A pair that was tested, before it is known how many others were: what it says is made only of those that are told. */
export interface Candidate extends Pick<Significance, "support" | "lift" | "pValue"> {
  /** `time`, or the kind of key. */
  readonly kind: string;
  readonly first: Side;
  readonly second: Side;
  tell(): Told<TimeFinding> | Told<KeyFinding>;
}

/** What one kind of test found, and how many tests it were. */
export interface Tested {
  readonly candidates: readonly Candidate[];
  readonly tests: number;
}
