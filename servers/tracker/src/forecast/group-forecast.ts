import type { ErrorFact } from "../model/facts.ts";
import { createForecaster, type Forecaster, type Outcome } from "./forecaster.ts";
import type { Traits } from "./traits.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A forecast says whether the group is seen again within this time. */
export const GROUP_HORIZON_MS = DAY_MS;
const MOST_DAYS = 60;

/** One group's errors, in the order of time. */
export interface GroupHistory {
  readonly group: string;
  readonly events: readonly Pick<ErrorFact, "at" | "class">[];
}

/** Forecasts whether a group is seen again within the horizon. */
export function groupForecaster(groups: readonly GroupHistory[], now: number): Forecaster {
  return createForecaster(groupOutcomes(groups, now));
}

/** What became of groups on each day since they were first seen: seen again within the next day or not. */
function groupOutcomes(groups: readonly GroupHistory[], now: number): Outcome[] {
  return groups.flatMap((history) => {
    const first = history.events[0]?.at ?? now;
    const outcomes: Outcome[] = [];
    for (let day = 0; day < MOST_DAYS; day += 1) {
      const at = first + day * DAY_MS + HOUR_MS;
      const knownAt = at + GROUP_HORIZON_MS;
      if (knownAt > now) break;
      const happened = history.events.some((event) => event.at > at && event.at <= knownAt);
      outcomes.push({
        subject: history.group,
        at,
        knownAt,
        happened,
        traits: groupTraits(history, at),
      });
    }
    return outcomes;
  });
}

/** What is known of a group at a time: how long ago it was seen, how often, and how regularly. */
export function groupTraits({ events }: GroupHistory, at: number): Traits {
  const before = events.filter((event) => event.at <= at);
  const last = before.at(-1)?.at ?? at;
  const first = before[0]?.at ?? at;
  const within = (ms: number) => before.filter((event) => event.at > at - ms).length;
  return {
    class: before.at(-1)?.class ?? "other",
    quiet: Math.log1p((at - last) / HOUR_MS),
    day: Math.log1p(within(DAY_MS)),
    week: Math.log1p(within(7 * DAY_MS)),
    pace: Math.log1p(before.length / Math.max(1, (at - first) / DAY_MS)),
  };
}

/** The expected time until the next one, if it comes as steadily as its chance within the horizon says. */
export function expectedWaitMs(chance: number): number {
  return GROUP_HORIZON_MS / -Math.log1p(-Math.min(chance, 1 - 1e-9));
}
