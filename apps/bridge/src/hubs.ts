import { createHub, type Hub } from "@trestle/events";
import type { Clock, Logger } from "@trestle/protocol";
import { ON_DEMAND, PIN_TOPICS } from "./alarms.ts";
import type { Shared } from "./shared/shared.ts";

/** What happens: here, and at the bridges that are one with this one. */
export interface BridgeHub extends Hub {
  /** Where there are others: resolves once they tell of these topics. */
  expect?(topics: readonly string[]): Promise<void>;
}

export interface HubsParts {
  readonly shared?: Shared | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** `own`: what happened at this bridge, for whatever is to be done once by all of them together. */
export async function openHubs({
  shared,
  clock,
  log,
}: HubsParts): Promise<{ readonly own: Hub; readonly hub: BridgeHub }> {
  const own = createHub({ clock, log });
  if (shared === undefined) return { own, hub: own };
  const { joinEvents } = await import("./shared/events/join-events.ts");
  const topics = { onDemand: ON_DEMAND, once: PIN_TOPICS };
  return { own, hub: await joinEvents({ shared, own, ...topics, clock, log }) };
}
