import type { Hub } from "@trestle/events";
import type { Clock, JsonObject, Logger } from "@trestle/protocol";
import { alertRules } from "../config/alert-rules.ts";
import type { LiveConfig } from "../config/live.ts";
import type { Core } from "../core.ts";
import type { PipelineParts } from "../pipeline.ts";
import { type Alerts, type AlertWatch, createAlerts } from "./alerts.ts";

export interface BridgeAlertsParts {
  readonly live: LiveConfig;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly log: Logger;
  readonly core: () => Pick<Core, "figures" | "calls" | "pins">;
  readonly watch?: AlertWatch | undefined;
}

export interface BridgeAlerts extends Alerts {
  /** For the record of each call. */
  readonly observer: PipelineParts["metrics"];
}

/** The alerts of a bridge: looked at after calls, and when a breaker or a definition changes. */
export function createBridgeAlerts({
  live,
  hub,
  clock,
  log,
  core,
  watch,
}: BridgeAlertsParts): BridgeAlerts {
  const rules = followRules(live);
  const alerts = createAlerts({
    ...{ rules, clock, log, watch },
    everyMs: () => live.current().events.alertEveryMs,
    tell: (topic, payload: JsonObject) => void hub.publish(topic, payload),
    sources: {
      async metrics(seconds) {
        const asked = { from: clock.now() - seconds * 1_000, groupBy: "server" } as const;
        return (await core().figures.query(asked)).rows;
      },
      openBreakers: () =>
        core()
          .calls.pipeline.breaker.tripped()
          .filter(({ state }) => state !== "closed")
          .map(({ server }) => server),
      waitingPins: () =>
        core()
          .pins.report()
          .map(({ server, waiting }) => ({ server, value: waiting.length })),
    },
  });
  const unsubscribe = hub.subscribe({ topics: ["breaker.*", "pin.*"] }, () => alerts.look());
  return {
    ...alerts,
    observer: { observe: alerts.look },
    close() {
      unsubscribe();
      alerts.close();
    },
  };
}

/** Made anew only when the configuration is. */
function followRules(live: LiveConfig): () => ReturnType<typeof alertRules> {
  let rules = alertRules(live.current().events.alerts);
  live.subscribe((next) => {
    rules = alertRules(next.events.alerts);
  });
  return () => rules;
}
