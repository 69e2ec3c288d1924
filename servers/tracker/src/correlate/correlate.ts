import { testKeys } from "./by-keys.ts";
import { testTimes } from "./by-time.ts";
import { type SystemEvent, streamsOf } from "./event.ts";
import type { Finding } from "./finding.ts";
import { adjusted } from "./statistics.ts";

export interface CorrelateOptions {
  /** How many of the findings may be false, as a share; 0.05 by default. */
  readonly falseDiscoveryRate?: number;
  /** How often both must have been there; 5 by default. */
  readonly leastSupport?: number;
  /** Streams that are tested, the most frequent; 100 by default. */
  readonly mostStreams?: number;
}

const FALSE_DISCOVERY_RATE = 0.05;
const LEAST_SUPPORT = 5;
const MOST_STREAMS = 100;

/**
 * What belongs together in a system, of two streams of events each: one follows the other in time, or both are
 * found at the same sessions, files, commits or hosts. Every pair that has enough events to be tested counts, and
 * the false discovery rate is held over all of them (Benjamini and Hochberg); of one pair and kind only the most
 * certain finding is told. The most certain first.
 */
export function correlate(
  events: readonly SystemEvent[],
  {
    falseDiscoveryRate = FALSE_DISCOVERY_RATE,
    leastSupport = LEAST_SUPPORT,
    mostStreams = MOST_STREAMS,
  }: CorrelateOptions = {},
): Finding[] {
  const streams = streamsOf(events, { least: leastSupport, most: mostStreams });
  const tested = [testTimes, testKeys].map((test) =>
    test(streams, { leastSupport, allEvents: events }),
  );
  const candidates = tested.flatMap((each) => each.candidates);
  const tests = tested.reduce((sum, each) => sum + each.tests, 0);
  const rates = adjusted(
    candidates.map(({ pValue }) => pValue),
    tests,
  );
  const findings = candidates
    .map((candidate, at): Finding => ({ ...candidate, falseDiscoveryRate: rates[at] ?? 1 }))
    .filter((finding) => finding.falseDiscoveryRate <= falseDiscoveryRate && finding.lift > 1)
    .toSorted((a, b) => a.pValue - b.pValue);
  return [
    ...new Map(findings.toReversed().map((each) => [pairOf(each), each])).values(),
  ].toReversed();
}

function pairOf(finding: Finding): string {
  const sides = [finding.first, finding.second].map(
    ({ component, group }) => `${component} ${group}`,
  );
  return [finding.kind === "key" ? finding.key : "time", ...sides.toSorted()].join("\n");
}
