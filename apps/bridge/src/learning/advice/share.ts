/** What a share may be in truth, after so many of so many were seen: the Wilson interval at 95 %. */
export interface ShareBounds {
  readonly low: number;
  readonly high: number;
}

const Z = 1.96;

export function shareBounds(hits: number, count: number): ShareBounds {
  if (count === 0) return { low: 0, high: 1 };
  const share = hits / count;
  const weight = 1 + Z ** 2 / count;
  const middle = share + Z ** 2 / (2 * count);
  const spread = Z * Math.sqrt((share * (1 - share)) / count + Z ** 2 / (4 * count ** 2));
  return {
    low: Math.max(0, (middle - spread) / weight),
    high: Math.min(1, (middle + spread) / weight),
  };
}

/** The value that `share` of all do not exceed (nearest rank). */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

const NICE_MS = [
  ...[1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 45_000],
  ...[60_000, 90_000, 120_000, 300_000, 600_000],
];

/** A round number of milliseconds that is no less. */
export function niceMs(ms: number): number {
  return NICE_MS.find((each) => each >= ms) ?? Math.ceil(ms / 600_000) * 600_000;
}

/** `5 s`, `2 min`, `1 h`, for sentences. */
export function sayMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 6_000) / 10} min`;
  return `${Math.round(ms / 360_000) / 10} h`;
}

export function sayShare(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}
