import {
  type Clock,
  type JsonObject,
  type Logger,
  messageOf,
  TrestleError,
} from "@trestle/protocol";
import type { AlertWebhook } from "../alerts/config.ts";
import type { Notice } from "../alerts/notice.ts";
import { type AlertDelivery, deliveriesOf } from "../alerts/outbox.ts";
import type { Silence } from "../alerts/silences.ts";
import type { Alert } from "./alert.ts";
import type { HealthConfig, HealthTarget } from "./config.ts";
import { endOfWatch, judge } from "./judge.ts";
import type { HealthKeeper, Kept } from "./keeper.ts";
import type { CheckResult } from "./probes/probe.ts";
import { type HealthWorld, type Suppression, suppressionOf } from "./suppression.ts";
import { newTarget, type TargetState } from "./target-state.ts";
import { createTurns } from "./turns.ts";

export interface MonitorParts {
  readonly config: Pick<HealthConfig, "targets" | "maintenance">;
  /** Who is told of alerts, and how often. */
  readonly alerts: { readonly webhooks: readonly AlertWebhook[]; readonly remindAfterMs: number };
  /** What people said is to be silent, as far as known; asked before each check. */
  readonly silences: () => Promise<readonly Silence[]>;
  /** Sends these, whether they could be kept or not. */
  readonly tell: (deliveries: readonly AlertDelivery[]) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly check: (target: HealthTarget, signal: AbortSignal) => Promise<CheckResult>;
  readonly keeper: HealthKeeper;
  /** Events for whoever wants them: `health.changed`, `alert.firing`, `alert.reminder`, `alert.resolved`. */
  readonly publish: (topic: string, payload: JsonObject) => void;
  readonly log: Logger;
}

export interface TargetHealth {
  readonly name: string;
  readonly kind: string;
  /** The agent that checks it, on another host. */
  readonly agent?: string;
  readonly state: TargetState;
  readonly alert?: Alert;
  readonly suppression?: Suppression;
}

export interface Monitor {
  /** Goes on from what was kept, and checks each target from time to time. */
  start(): Promise<void>;
  /** Checks now, all or those that are named; throws `not_found` for a name that is no target. */
  checkNow(names?: readonly string[]): Promise<readonly TargetHealth[]>;
  status(): readonly TargetHealth[];
  /** Resolves when the last check has ended. */
  stop(): Promise<void>;
}

const MOST_AT_ONCE = 8;
const FIRST_WITHIN_MS = 5_000;
/** Checks are not all at one moment. */
const JITTER = 0.1;
/** What is down for long is asked less often, up to so many times the interval. */
const SLOWEST = 4;
const SLOWS_AFTER = 20;

export function createMonitor(parts: MonitorParts): Monitor {
  const { config, clock, random, check, keeper, publish, log } = parts;
  const targets = new Map(config.targets.map((target) => [target.name, target]));
  const known = new Map<string, Kept>();
  /** Of what could not be kept: stored with the next state of the target. */
  const unkept = new Map<string, readonly AlertDelivery[]>();
  const timers = new Map<string, () => void>();
  const running = new Map<string, Promise<void>>();
  const inTurn = createTurns(MOST_AT_ONCE);
  const abort = new AbortController();
  let silences: readonly Silence[] = [];

  function stateOf(name: string): TargetState {
    return known.get(name)?.state ?? newTarget(clock.now());
  }

  function world(): HealthWorld {
    const states = new Map([...known].map(([name, { state }]) => [name, state]));
    return { targets, states, maintenance: config.maintenance, silences, now: clock.now() };
  }

  /** One check of a target at a time: who asks meanwhile gets the same. */
  function checkOnce(target: HealthTarget): Promise<void> {
    const begun = running.get(target.name);
    if (begun !== undefined) return begun;
    const work = inTurn(() => look(target))
      .catch((error) =>
        log.error("health check not kept", { target: target.name, error: messageOf(error) }),
      )
      .finally(() => running.delete(target.name));
    running.set(target.name, work);
    return work;
  }

  async function look(target: HealthTarget): Promise<void> {
    if (abort.signal.aborted) return;
    const result = await check(target, abort.signal);
    // A store that fails silences nobody: what was known last holds.
    silences = await parts.silences().catch(() => silences);
    if (abort.signal.aborted) return; // it failed because we stop
    const { name } = target;
    const before = known.get(name);
    const { remindAfterMs } = parts.alerts;
    const { kept, notices } = judge(target, result, { before, world: world(), remindAfterMs });
    known.set(name, kept);
    publishChange(target, before?.state.status ?? "unknown", kept.state);
    await keep(name, kept, notices);
  }

  function publishChange({ name, kind }: HealthTarget, from: string, state: TargetState): void {
    if (state.status === from) return;
    const detail = state.last?.detail ?? "";
    publish("health.changed", { target: name, kind, from, to: state.status, detail });
  }

  /** Told also where nothing can be kept, which may be what is to be told. */
  async function keep(name: string, kept: Kept, notices: readonly Notice[]): Promise<void> {
    const news = deliveriesOf(notices, parts.alerts.webhooks);
    const deliveries = [...(unkept.get(name) ?? []), ...news];
    unkept.set(name, deliveries);
    for (const { topic, payload } of notices) publish(topic, payload);
    try {
      await keeper.save(name, kept, { at: clock.now(), deliveries });
      unkept.delete(name);
    } finally {
      parts.tell(news);
    }
  }

  async function forget(name: string, kept: Kept): Promise<void> {
    const deliveries = deliveriesOf(endOfWatch(kept, clock.now()), parts.alerts.webhooks);
    await keeper.remove(name, { deliveries });
    parts.tell(deliveries);
  }

  function schedule(target: HealthTarget, delay: number): void {
    if (abort.signal.aborted) return;
    const cancel = clock.after(delay, () => {
      void checkOnce(target).then(() => schedule(target, pauseOf(target)));
    });
    timers.set(target.name, cancel);
  }

  function pauseOf(target: HealthTarget): number {
    const { status, since } = stateOf(target.name);
    const downMs = status === "down" ? clock.now() - since : 0;
    const slow = Math.min(SLOWEST, Math.max(1, downMs / (SLOWS_AFTER * target.intervalMs)));
    return target.intervalMs * slow * (1 - JITTER + 2 * JITTER * random());
  }

  function status(): TargetHealth[] {
    return config.targets.map((target) => {
      const { alert } = known.get(target.name) ?? {};
      const why = suppressionOf(target, world());
      return {
        ...{ name: target.name, kind: target.kind, state: stateOf(target.name) },
        ...(alert && { alert }),
        ...(why && { suppression: why }),
      };
    });
  }

  return {
    status,
    async start() {
      for (const [name, kept] of await keeper.load()) {
        if (targets.has(name)) known.set(name, kept);
        else if (kept.agent === undefined) await forget(name, kept);
      }
      for (const target of config.targets) {
        schedule(target, random() * Math.min(FIRST_WITHIN_MS, target.intervalMs));
      }
    },
    async checkNow(names) {
      const unknown = names?.find((name) => !targets.has(name));
      if (unknown !== undefined) {
        const known = [...targets.keys()].join(", ") || "none";
        throw new TrestleError(
          "not_found",
          `There is no health target ${unknown}; there is: ${known}.`,
        );
      }
      const wanted = config.targets.filter(({ name }) => names?.includes(name) ?? true);
      await Promise.all(wanted.map(checkOnce));
      return status().filter(({ name }) => names?.includes(name) ?? true);
    },
    async stop() {
      abort.abort();
      for (const cancel of timers.values()) cancel();
      await Promise.all(running.values());
    },
  };
}
