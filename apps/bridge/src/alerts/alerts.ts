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

export type AlertTopic = "alert.firing" | "alert.resolved";

/** What whoever looks knows from its last look: nothing else is needed to go on in its place. */
export interface AlertsKnown {
  readonly held: readonly Held[];
  readonly over: readonly Alert[];
  /** Decided, and not told for sure. */
  readonly untold: readonly { readonly topic: AlertTopic; readonly payload: JsonObject }[];
}

export type WatchTurn =
  /** Another bridge looks; `isHeard`: it knows that there is something to look at. */
  | { readonly kind: "elsewhere"; readonly isHeard: boolean }
  /** `isAlone`: what others see is not known. */
  | { readonly kind: "here"; readonly known?: AlertsKnown | undefined; readonly isAlone: boolean };

export interface AlertWatch {
  turn(): Promise<WatchTurn>;
  /** False where somebody else looks by now: then nothing of it is to be told. */
  keep(known: AlertsKnown): Promise<boolean>;
  /** `look`: another bridge has seen something. `learn`: what whoever looks has found. */
  follow(listener: { look(): void; learn(known: AlertsKnown): void }): void;
  close(): Promise<void>;
}

export interface AlertsParts {
  /** As configured now. */
  readonly rules: () => ReadonlyMap<string, AlertRule>;
  readonly everyMs: () => number;
  readonly sources: Sources;
  readonly tell: (topic: AlertTopic, payload: JsonObject) => void;
  /** Of several bridges that are one, decides which looks. Left out: this one does. */
  readonly watch?: AlertWatch | undefined;
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

export interface Held {
  readonly alert: Alert;
  /** Since when it is false. */
  readonly falseSince?: number | undefined;
}

/** Of those that are over, the last. */
const KEPT = 100;

/** Nothing is looked at while nothing happens: the last looks are those until all windows are empty. */
export function createAlerts(parts: AlertsParts): Alerts {
  const { rules, clock, log, watch } = parts;
  const held = new Map<string, Held>();
  const over: Alert[] = [];
  let untold: AlertsKnown["untold"] = [];
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
      isWanted = (await lookInTurn()) || isWanted;
    } catch (error) {
      log.warn("alerts could not be looked at", { error: messageOf(error) });
      isWanted = true;
    }
    isLooking = false;
    if (isWanted) look();
  }

  /** Is there anything that may change by itself? */
  async function lookInTurn(): Promise<boolean> {
    const turn = await watch?.turn();
    // Whoever looks may be gone before it says that it is over.
    if (turn?.kind === "elsewhere") return held.size > 0 || !turn.isHeard;
    if (turn?.known) learn(turn.known);
    const isBusy = await evaluate(turn?.isAlone === true);
    await tellAll();
    return isBusy;
  }

  /** What was decided is kept before it is told, so that another bridge tells it where this one dies between. */
  async function tellAll(): Promise<void> {
    const known = (): AlertsKnown => ({ held: [...held.values()], over, untold });
    if (watch && !(await watch.keep(known()))) {
      untold = [];
      return;
    }
    if (untold.length === 0) return;
    for (const { topic, payload } of untold) parts.tell(topic, payload);
    untold = [];
    await watch?.keep(known());
  }

  function learn(known: AlertsKnown): void {
    held.clear();
    for (const each of known.held) held.set(each.alert.id, each);
    over.splice(0, over.length, ...known.over);
    untold = known.untold;
  }

  async function evaluate(isAlone: boolean): Promise<boolean> {
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
    // Alone nobody knows whether it is over elsewhere.
    for (const [id, each] of isAlone ? [] : held) if (!seen.has(id)) release(id, each);
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
    untold = [...untold, { topic: "alert.firing", payload: { ...toPayload(next), summary } }];
  }

  function release(id: string, each: Held): void {
    const now = clock.now();
    const { alert, falseSince = now } = each;
    held.set(id, { alert, falseSince });
    const wait = (rules().get(alert.rule)?.resolve ?? 0) * 1_000;
    if (alert.state === "firing" && now - falseSince < wait) return;
    held.delete(id);
    if (alert.state !== "firing") return;
    const resolved: Alert = { ...alert, state: "resolved", resolvedAt: now };
    over.unshift(resolved);
    over.splice(KEPT);
    log.info("alert is over", { alert: id });
    const payload = { ...toPayload(resolved), summary: `${alert.server}: it is over` };
    untold = [...untold, { topic: "alert.resolved", payload }];
  }

  watch?.follow({
    look,
    learn(known) {
      learn(known);
      if (held.size > 0) look();
    },
  });

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
