import { episodesOf, type SystemEvent, streamsOf } from "./event.ts";
import { adjusted, binomialTail } from "./statistics.ts";

/** Something was changed: a deploy, a commit, an edit. */
export interface Change {
  /** Names the record that shows it, as traces do. */
  readonly ref: string;
  readonly at: number;
  /** `edit of src/a.ts`, `commit 3f2a91b`. */
  readonly label: string;
  readonly files?: readonly string[];
}

/** A stream of errors that began or grew with a change. */
export interface ChangePoint {
  readonly change: Change;
  readonly component: string;
  readonly group: string;
  /** Bursts in the time before and after. */
  readonly before: number;
  readonly after: number;
  /** Was there none of it ever before? */
  readonly isNew: boolean;
  readonly pValue: number;
  readonly falseDiscoveryRate: number;
  /** Files that were changed and that the errors name. */
  readonly files: readonly string[];
  /** Record ids, the first after the change first. */
  readonly examples: readonly string[];
}

export interface ChangeOptions {
  /** Time that is compared on each side of a change; half an hour by default. */
  readonly spanMs?: number;
  readonly falseDiscoveryRate?: number;
  readonly leastSupport?: number;
}

const SPAN_MS = 1_800_000;
const FALSE_DISCOVERY_RATE = 0.05;
const LEAST_SUPPORT = 5;
const MOST_STREAMS = 200;
const MOST_EXAMPLES = 3;
/** Events of one burst are one. */
const QUIET_MS = 10_000;

/**
 * Streams that came more often in the time after a change than in the time before it. If a change did nothing, an
 * event of the two times falls into either alike; the false discovery rate is held over all pairs of the two.
 */
export function changePoints(
  events: readonly SystemEvent[],
  changes: readonly Change[],
  {
    spanMs = SPAN_MS,
    falseDiscoveryRate = FALSE_DISCOVERY_RATE,
    leastSupport = LEAST_SUPPORT,
  }: ChangeOptions = {},
): ChangePoint[] {
  const streams = streamsOf(events, { least: leastSupport, most: MOST_STREAMS });
  const candidates: Omit<ChangePoint, "falseDiscoveryRate">[] = [];
  let tests = 0;
  for (const { component, group, events: all } of streams) {
    const episodes = episodesOf(all, QUIET_MS);
    for (const change of changes) {
      const near = between(episodes, change.at - spanMs, change.at + spanMs);
      if (near.length < leastSupport) continue;
      tests += 1;
      const later = near.filter(({ at }) => at > change.at);
      if (later.length < leastSupport) continue;
      candidates.push({
        change,
        component,
        group,
        before: near.length - later.length,
        after: later.length,
        isNew: (all[0]?.at ?? 0) > change.at,
        pValue: binomialTail(later.length, near.length, 1 / 2),
        files: sharedFiles(change, later),
        examples: later.slice(0, MOST_EXAMPLES).map(({ recordId }) => recordId),
      });
    }
  }
  const rates = adjusted(
    candidates.map(({ pValue }) => pValue),
    tests,
  );
  return candidates
    .map((candidate, at) => ({ ...candidate, falseDiscoveryRate: rates[at] ?? 1 }))
    .filter((point) => point.falseDiscoveryRate <= falseDiscoveryRate)
    .toSorted((a, b) => a.pValue - b.pValue);
}

/** Of events in the order of time, those from one time to another, both included. */
function between<Event extends { readonly at: number }>(
  events: readonly Event[],
  from: number,
  to: number,
): readonly Event[] {
  const start = firstAt(events, from);
  let end = start;
  while ((events[end]?.at ?? Number.POSITIVE_INFINITY) <= to) end += 1;
  return end === start ? [] : events.slice(start, end);
}

/** Index of the first event that is not before the time. */
function firstAt(events: readonly { readonly at: number }[], time: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.at ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sharedFiles({ files = [] }: Change, events: readonly SystemEvent[]): string[] {
  const named = new Set(events.flatMap(({ keys }) => keys?.file ?? []));
  return files.filter((file) => named.has(file));
}
