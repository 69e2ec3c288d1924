/** How far two versions of a software are apart, as far as their numbers tell. */
export interface VersionDistance {
  readonly kind: "same" | "minor" | "major";
  /** 0 to 1: what evidence from the one is worth for the other. */
  readonly factor: number;
}

const MINOR = 0.97;
const MAJOR = 0.6;

/**
 * What a fix for `from` is worth on `to`: a new major version halves it nearly, a minor one hardly counts.
 * Undefined where either has no number to begin with: nothing can be said then.
 */
export function versionDistance(from: string, to: string): VersionDistance | undefined {
  const [first, second] = [numbersOf(from), numbersOf(to)];
  if (first === undefined || second === undefined) return undefined;
  const majors = Math.abs(first.major - second.major);
  if (majors > 0) return { kind: "major", factor: Math.max(0.1, MAJOR ** majors) };
  const minors = Math.abs(first.minor - second.minor);
  if (minors > 0) return { kind: "minor", factor: Math.max(MAJOR, MINOR ** minors) };
  return { kind: "same", factor: 1 };
}

function numbersOf(version: string): { major: number; minor: number } | undefined {
  const [, major, minor = "0"] = /^\s*v?(\d{1,9})(?:\.(\d{1,9}))?/i.exec(version) ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}
