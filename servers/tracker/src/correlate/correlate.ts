import { testKeys } from "./by-keys.ts";
import { testTimes } from "./by-time.ts";
import { type SystemEvent, streamsOf } from "./event.ts";
import type { Candidate, Finding } from "./finding.ts";
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
  const certain = candidates
    .flatMap((candidate, at) => {
      const rate = rates[at] ?? 1;
      const isFinding = rate <= falseDiscoveryRate && candidate.lift > 1;
      return isFinding ? [{ ...candidate, falseDiscoveryRate: rate }] : [];
    })
    .toSorted((a, b) => a.pValue - b.pValue);
  return [...Map.groupBy(certain, nameOf).values()].flatMap(([best]) =>
    best === undefined ? [] : [toFinding(best)],
  );
}

function toFinding({
  tell,
  support,
  lift,
  pValue,
  falseDiscoveryRate,
}: Candidate & Pick<Finding, "falseDiscoveryRate">): Finding {
  return { ...tell(), support, lift, pValue, falseDiscoveryRate };
}

/** Candidates with one name are about the same; only the most certain is told. */
function nameOf({ kind, first, second }: Candidate): string {
  const sides = [first, second].map(({ component, group }) => `${component} ${group}`);
  return [kind, ...sides.toSorted()].join("\n");
}
