import type { CheckMessage } from "../agent/wire.ts";
import type { AlertSettings } from "../alerts/config.ts";
import { deliveriesOf } from "../alerts/outbox.ts";
import type { Silences } from "../alerts/silences.ts";
import type { HealthTarget, Maintenance } from "../health/config.ts";
import { judge } from "../health/judge.ts";
import { isKept, type Kept, keepInStore } from "../health/keeper.ts";
import type { CheckResult } from "../health/probes/probe.ts";
import type { TrackerStore } from "../store/tracker-store.ts";

export interface TakeCheckParts {
  readonly store: Pick<TrackerStore, "documents" | "putDocuments" | "removeDocuments">;
  readonly maintenance: readonly Maintenance[];
  readonly alerts: AlertSettings;
  readonly silences: Pick<Silences, "list">;
}

const MOST_TARGETS = 500;

/**
 * What an agent's check makes of its target, under the name `<agent>/<target>`. A check that was taken already, or is
 * older than one that was, changes nothing: it may come as often as it likes.
 */
export function createTakeCheck({
  store,
  maintenance,
  alerts,
  silences,
}: TakeCheckParts): (agent: string, message: CheckMessage) => Promise<void> {
  const keeper = keepInStore(store);
  return async (agent, { target: told, result }) => {
    const name = `${agent}/${told.name}`;
    const dependsOn = told.dependsOn.map((need) => `${agent}/${need}`);
    // All that is asked of a target that is not checked here.
    const target = { ...told, name, dependsOn } as unknown as HealthTarget;
    const known = await readKept(store, `${agent}/`);
    const before = known.get(name);
    if (before !== undefined && (before.state.last?.at ?? 0) >= result.at) return;
    const states = new Map([...known].map(([key, { state }]) => [key, state]));
    const judged = judge(target, result as CheckResult, {
      before,
      remindAfterMs: alerts.remindAfterMs,
      world: {
        ...{ targets: new Map([[name, target]]), states, maintenance },
        ...{ silences: await silences.list(), now: result.at },
      },
    });
    const kept = { ...judged.kept, agent, kind: told.kind };
    const deliveries = deliveriesOf(judged.notices, alerts.webhooks);
    await keeper.save(name, kept, { at: result.at, deliveries });
  };
}

async function readKept(
  store: Pick<TrackerStore, "documents">,
  prefix: string,
): Promise<Map<string, Kept>> {
  const { items } = await store.documents("health", { prefix, limit: MOST_TARGETS });
  return new Map(items.flatMap(({ key, value }) => (isKept(value) ? [[key, value] as const] : [])));
}
