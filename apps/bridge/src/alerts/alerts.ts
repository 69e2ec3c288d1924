import { type Clock, type JsonObject, type Logger, messageOf } from "@trestle/protocol";
import type { AlertKind, AlertRule } from "../config/alert-rules.ts";
import { type Measured, measure, type Sources, sayMeasured } from "./measure.ts";

/** One rule, at one server. Times are epoch milliseconds. */
export interface Alert {
  /** `RULE/SERVER` */
  readonly id: string;
  readonly rule: string;
  readonly when: AlertKind;
  readonly server: string;
  /** `pending`: true, and not yet for long enough to be told. */
  readonly state: "pending" | "firing" | "resolved";
  readonly value: number;
  readonly above: number;
  readonly since: number;
  readonly firedAt?: number;
  readonly resolvedAt?: number;
}

export interface AlertsParts {
  /** As configured now. */
  readonly rules: () => ReadonlyMap<string, AlertRule>;
  readonly everyMs: () => number;
  readonly sources: Sources;
  readonly tell: (topic: "alert.firing" | "alert.resolved", payload: JsonObject) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tells people of what goes wrong while it lasts, and when it is over. */
export interface Alerts {
  /** Something happened: the rules are looked at soon. Costs nothing where they are anyway. */
  look(): void;
  /** Those that are true now, and the last that are over. */
  list(): readonly Alert[];
  close(): void;
}

interface Held {
  alert: Alert;
  /** Since when it is false. */
  falseSince?: number | undefined;
}

/** Of those that are over, the last. */
const KEPT = 100;

/** Nothing is looked at while nothing happens: the last looks are those until all windows are empty. */
export function createAlerts(parts: AlertsParts): Alerts {
  const { rules, clock, log } = parts;
  const held = new Map<string, Held>();
  const over: Alert[] = [];
  let cancel: (() => void) | undefined;
  let isLooking = false;
  /** Once more, after this look. */
  let isWanted = false;
  let closed = false;

  function look(): void {
    if (cancel !== undefined || closed) return;
    if (isLooking) {
      isWanted = true;
      return;
    }
    cancel = clock.after(parts.everyMs(), () => {
      cancel = undefined;
      void lookNow();
    });
  }

  async function lookNow(): Promise<void> {
    isLooking = true;
    isWanted = false;
    try {
      isWanted = (await evaluate()) || isWanted;
    } catch (error) {
      log.warn("alerts could not be looked at", { error: messageOf(error) });
      isWanted = true;
    }
    isLooking = false;
    if (isWanted) look();
  }

  /** Is there anything that may change by itself? */
  async function evaluate(): Promise<boolean> {
    const seen = new Set<string>();
    let isBusy = false;
    for (const [name, rule] of rules()) {
      for (const measured of await measure(rule, parts.sources)) {
        isBusy ||= measured.value > 0;
        if (measured.value <= (rule.above ?? 0)) continue;
        const id = `${name}/${measured.server}`;
        seen.add(id);
        hold(id, name, rule, measured);
      }
    }
    for (const [id, each] of held) if (!seen.has(id)) release(id, each);
    return isBusy || held.size > 0;
  }

  function hold(id: string, name: string, rule: AlertRule, measured: Measured): void {
    const now = clock.now();
    const before = held.get(id)?.alert;
    const facts = { id, rule: name, when: rule.when, above: rule.above ?? 0, ...measured };
    const alert: Alert = { since: now, state: "pending", ...before, ...facts };
    const isDue = alert.state === "pending" && now - alert.since >= rule.for * 1_000;
    const next: Alert = isDue ? { ...alert, state: "firing", firedAt: now } : alert;
    held.set(id, { alert: next });
    if (!isDue) return;
    const summary = sayMeasured(rule.when, measured);
    log.warn("alert", { alert: id, summary });
    parts.tell("alert.firing", { ...toPayload(next), summary });
  }

  function release(id: string, each: Held): void {
    const now = clock.now();
    const { alert } = each;
    each.falseSince ??= now;
    const wait = (rules().get(alert.rule)?.resolve ?? 0) * 1_000;
    if (alert.state === "firing" && now - each.falseSince < wait) return;
    held.delete(id);
    if (alert.state !== "firing") return;
    const resolved: Alert = { ...alert, state: "resolved", resolvedAt: now };
    over.unshift(resolved);
    over.splice(KEPT);
    log.info("alert is over", { alert: id });
    parts.tell("alert.resolved", {
      ...toPayload(resolved),
      summary: `${alert.server}: it is over`,
    });
  }

  return {
    look,
    list: () => [...[...held.values()].map(({ alert }) => alert), ...over],
    close() {
      closed = true;
      cancel?.();
    },
  };
}

function toPayload({ id, rule, when, server, state, value, above, since }: Alert): JsonObject {
  return { alert: id, rule, when, server, state, value, above, since: timeOf(since) };
}

export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
