import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import { createProcessRegistry } from "@trestle/upstream";
import type { Host } from "@trestle-mcp/server-kit";
import type { AlertSettings } from "../alerts/config.ts";
import { createOutbox, type Outbox, readDeliveries } from "../alerts/outbox.ts";
import { createSilences, type Silences } from "../alerts/silences.ts";
import { seenAtIn } from "../collect/agent-keys.ts";
import { createLeaseKeeper } from "../ingest/lease-keeper.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { checkTarget } from "./check-target.ts";
import type { HealthConfig } from "./config.ts";
import { keepInStore } from "./keeper.ts";
import { createMonitor, type Monitor, type TargetHealth } from "./monitor.ts";
import { newTarget, type TargetState } from "./target-state.ts";

export interface WatchingHealthParts {
  readonly store: TrackerStore;
  readonly health: Pick<HealthConfig, "targets" | "maintenance">;
  readonly alerts: AlertSettings;
  /** Unique for this run of this process. */
  readonly holder: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly log: Logger;
  readonly publish: Host["publish"];
  /** So long after who watched died another one does; default 15 s. */
  readonly leaseMs?: number;
  /** Of this program, as probes of MCP servers call themselves. */
  readonly version: string;
}

/** Receivers of alerts, and what is on its way to them. */
export interface Telling {
  readonly webhooks: readonly string[];
  readonly waiting: number;
  /** What was given up, and why. */
  readonly dead: readonly {
    readonly webhook: string;
    readonly at: number;
    readonly error: string;
  }[];
}

/**
 * Watches the targets and tells of alerts in one of the processes that share the store; the others tell what that one
 * found. Who watches goes on while the store cannot be reached.
 */
export interface WatchingHealth {
  readonly silences: Silences;
  start(): Promise<void>;
  /** Targets of the configuration, and behind them those that agents on other hosts told of. */
  status(): Promise<readonly TargetHealth[]>;
  telling(): Promise<Telling>;
  /** Undefined where another process watches. Throws `not_found` for a name that is no target. */
  checkNow(names?: readonly string[]): Promise<readonly TargetHealth[] | undefined>;
  close(): Promise<void>;
}

const LEASE_MS = 15_000;
/** Longer than an agent waits between two checks of what is down for long, unless its operator wants less. */
const STALE_MS = 15 * 60_000;

export function createWatchingHealth(parts: WatchingHealthParts): WatchingHealth {
  const { store, health, alerts, holder, clock, random, log, publish } = parts;
  const keeper = keepInStore(store);
  const silences = createSilences({ store, now: clock.now, newId: parts.newId });
  const clientInfo = { name: "trestle-tracker", version: parts.version };
  const upstream = { log, clock, clientInfo, processes: createProcessRegistry({ log }) };
  let monitor: Monitor | undefined;
  let outbox: Outbox | undefined;

  const lease = createLeaseKeeper({
    ...{
      store,
      clock,
      holder,
      name: "health",
      ttlMs: parts.leaseMs ?? LEASE_MS,
      outlivesStore: true,
    },
    async onGained() {
      outbox = createOutbox({ store, settings: alerts, clock, random, log });
      monitor = createMonitor({
        ...{ config: health, alerts, silences: silences.list, clock, keeper, publish, log, random },
        tell: outbox.add,
        check: (target, signal) =>
          checkTarget(target, { clock, upstream, agentSeenAt: seenAtIn(store) }, signal),
      });
      await outbox.start();
      await monitor.start();
    },
    async onLost() {
      await monitor?.stop();
      await outbox?.close();
      monitor = undefined;
      outbox = undefined;
    },
    onFailure: (error) => log.warn("health not watched", { error: messageOf(error) }),
  });

  async function toldByAgents(): Promise<TargetHealth[]> {
    const kept = await keeper.load();
    return [...kept].flatMap(([name, { agent, kind = "", state, alert }]) =>
      agent === undefined
        ? []
        : [{ name, kind, agent, state: unlessStale(state), ...(alert && { alert }) }],
    );
  }

  /** What no agent tells of any more is not known to be well. */
  function unlessStale(state: TargetState): TargetState {
    const told = state.last?.at ?? state.since;
    return clock.now() - told > STALE_MS ? { ...state, status: "unknown" } : state;
  }

  async function ownStatus(): Promise<readonly TargetHealth[]> {
    if (monitor !== undefined) return monitor.status();
    const kept = await keeper.load();
    return health.targets.map(({ name, kind }) => {
      const { state = newTarget(clock.now()), alert } = kept.get(name) ?? {};
      return { name, kind, state, ...(alert && { alert }) };
    });
  }

  return {
    silences,
    async start() {
      if (health.targets.length > 0 || alerts.webhooks.length > 0) await lease.ask();
    },
    status: async () => [...(await ownStatus()), ...(await toldByAgents())],
    async telling() {
      const webhooks = alerts.webhooks.map(({ id }) => id);
      const all = await readDeliveries(store);
      const dead = all.flatMap(({ state, webhook, nextAt, lastError = "" }) =>
        state === "dead" ? [{ webhook, at: nextAt, error: lastError }] : [],
      );
      return { webhooks, waiting: all.length - dead.length, dead };
    },
    async checkNow(names) {
      const remote = await toldByAgents();
      const own = names?.filter((name) => !remote.some((target) => target.name === name));
      const checked = await monitor?.checkNow(own);
      if (checked === undefined) return undefined;
      return [...checked, ...remote.filter(({ name }) => names?.includes(name) ?? true)];
    },
    close: lease.close,
  };
}
