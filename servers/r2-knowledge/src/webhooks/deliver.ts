import type { HubEvent, Sendable, Verdict } from "@trestle/events";
import { type Clock, type Logger, TrestleError } from "@trestle/protocol";
import type { ChangeFeed } from "../events/change-feed.ts";
import { type DeliveryState, type DeliveryStates, emptyState, withDead } from "./delivery-state.ts";
import { nextEvent, type Scan } from "./next-event.ts";
import { isWanted, type Webhook } from "./webhooks-file.ts";

export interface DeliverParts {
  readonly states: DeliveryStates;
  readonly feed: Pick<ChangeFeed, "journal" | "hub" | "origin">;
  readonly send: (what: Sendable, to: Webhook) => Promise<Verdict>;
  readonly retryDelay: (attempts: number, retryAfterMs?: number) => number;
  /** How far each target's events were looked through by this process, without one that is wanted. */
  readonly scanned: Map<string, number>;
  /** Names this process among those that may deliver. */
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface Delivered {
  readonly delivered: number;
  /** Given up in this turn. */
  readonly dead: number;
  /** Somebody else delivers to this target now. */
  readonly busy: boolean;
  /** Why the next one waits, and until when (milliseconds since 1970). */
  readonly waiting: { readonly until: number; readonly error: string } | undefined;
}

/** Longer than an attempt and a write take: nobody else begins before that. */
const HOLD_MS = 60_000;
const RENEW_MS = 30_000;
/** So many deliveries are told anew at most where the process is killed. */
const SAVE_EVERY = 10;
const MAX_ATTEMPTS = 12;
/** Looking through so many unwanted events is not to be done twice. */
const SAVE_SCANNED = 1_000;

/** The lease went to somebody else: nothing more may be sent. */
class LostLease extends Error {}

/**
 * One turn of one target: whatever is due goes there in the order of its numbers, the next one after the
 * one before it was taken or given up. At least once: what was sent and not noted yet is sent again, under
 * the same id. A lease in the state keeps other processes from sending at the same time.
 */
export async function deliverTo(target: Webhook, parts: DeliverParts): Promise<Delivered> {
  const state = await begin(target, parts);
  const scan = await firstDue(target, state, parts);
  const { nextAt, attempts, lastError = "" } = state;
  const now = parts.clock.now();
  const idle = { delivered: 0, dead: 0, busy: false, waiting: undefined };
  if (scan.event === undefined) {
    const isFar = scan.scanned - state.done >= SAVE_SCANNED || scan.missed > 0;
    if (isFar) await noteScanned(target, scan, parts);
    return idle;
  }
  if (attempts > 0 && nextAt > now)
    return { ...idle, waiting: { until: nextAt, error: lastError } };
  const taken = await parts.states.change(target.id, (current) => {
    if (current === undefined || isHeld(current, parts)) return undefined;
    return { ...current, lease: leaseOf(parts) };
  });
  if (taken === undefined) return { ...idle, busy: true };
  return createTurn(target, taken, parts).run();
}

/** The state of a target. A new one begins with what happens from now on; in another sequence, with its first. */
async function begin(target: Webhook, parts: DeliverParts): Promise<DeliveryState> {
  const { states, feed } = parts;
  const origin = feed.origin();
  if (origin === undefined) throw new TrestleError("unavailable", "No events are numbered yet.");
  const state = await states.read(target.id);
  if (state?.origin === origin) return state;
  const made = await states.change(target.id, (current) => {
    if (current?.origin === origin) return undefined;
    if (current === undefined) return emptyState(origin, feed.hub.lastSeq());
    return { ...emptyState(origin, 0), dead: current.dead, again: current.again };
  });
  return made ?? (await begin(target, parts));
}

async function firstDue(
  target: Webhook,
  { origin, again, done }: DeliveryState,
  { feed, scanned }: DeliverParts,
): Promise<Scan> {
  const [event] = again;
  if (event !== undefined) return { event, scanned: done, missed: 0 };
  const place = `${origin} ${target.id}`;
  const range = { since: Math.max(done, scanned.get(place) ?? 0), last: feed.hub.lastSeq() };
  const scan = await nextEvent(feed.journal, range, (each) => isWanted(target, each));
  scanned.set(place, scan.scanned);
  return scan;
}

async function noteScanned(target: Webhook, scan: Scan, { states }: DeliverParts): Promise<void> {
  await states.change(target.id, (current) =>
    current && current.done < scan.scanned
      ? { ...current, done: scan.scanned, missed: current.missed + scan.missed }
      : undefined,
  );
}

function isHeld({ lease }: DeliveryState, { holder, clock }: DeliverParts): boolean {
  return lease !== undefined && lease.holder !== holder && lease.until > clock.now();
}

function leaseOf({ holder, clock }: DeliverParts) {
  return { holder, until: clock.now() + HOLD_MS };
}

function createTurn(target: Webhook, taken: DeliveryState, parts: DeliverParts) {
  const { states, clock, holder, signal, log } = parts;
  let state = taken;
  let unsaved: ((current: DeliveryState) => DeliveryState)[] = [];
  let savedAt = clock.now();
  let delivered = 0;
  let dead = 0;

  /** Notes what was done in the bucket; others may have changed other things there meanwhile. */
  async function save(isLast: boolean): Promise<void> {
    const steps = unsaved;
    const next = await states.change(target.id, (current) => {
      if (current?.lease?.holder !== holder) return undefined;
      const done = steps.reduce((made, step) => step(made), current);
      const { lease: _, ...free } = done;
      return isLast ? free : { ...done, lease: leaseOf(parts) };
    });
    if (next === undefined) throw new LostLease();
    unsaved = [];
    state = next;
    savedAt = clock.now();
  }

  async function note(step: (current: DeliveryState) => DeliveryState): Promise<void> {
    unsaved.push(step);
    state = step(state);
    if (unsaved.length >= SAVE_EVERY) await save(false);
  }

  /** False where the event has to wait. */
  async function settle(event: HubEvent, verdict: Verdict, scan: Scan): Promise<boolean> {
    const past = (current: DeliveryState) => behind(current, event, scan);
    if (verdict.kind === "delivered") {
      delivered += 1;
      await note(past);
      return true;
    }
    const attempts = state.attempts + 1;
    const { reason } = verdict;
    if (verdict.kind === "refused" || attempts >= MAX_ATTEMPTS) {
      dead += 1;
      log.warn("A webhook was given up", { target: target.id, seq: event.seq, reason });
      const at = clock.now();
      await note((current) => withDead(past(current), event, { at, attempts, error: reason }));
      return true;
    }
    const nextAt = clock.now() + parts.retryDelay(attempts, verdict.retryAfterMs);
    await note((current) => ({ ...current, attempts, nextAt, lastError: reason }));
    return false;
  }

  async function work(): Promise<void> {
    while (!signal.aborted) {
      const scan = await firstDue(target, state, parts);
      const { event } = scan;
      if (event === undefined) return;
      if (clock.now() - savedAt > RENEW_MS) await save(false);
      const verdict = await parts.send({ id: `${state.origin}-${event.seq}`, event }, target);
      // It failed because we stop: that is no attempt.
      if (verdict.kind === "failed" && signal.aborted) return;
      if (!(await settle(event, verdict, scan))) return;
    }
  }

  return {
    async run(): Promise<Delivered> {
      try {
        await work();
        await save(true);
      } catch (error) {
        if (!(error instanceof LostLease)) throw error;
        log.warn("Another process delivers to a webhook now", { target: target.id });
      }
      const { attempts, nextAt, lastError = "" } = state;
      const waiting = attempts > 0 ? { until: nextAt, error: lastError } : undefined;
      return { delivered, dead, busy: false, waiting };
    },
  };
}

/** The state once an event needs no more attempts. */
function behind(state: DeliveryState, event: HubEvent, { missed }: Scan): DeliveryState {
  const { lastError: _, ...rest } = state;
  const isAgain = state.again.some(({ seq }) => seq === event.seq);
  return {
    ...rest,
    ...{ attempts: 0, nextAt: 0 },
    again: state.again.filter(({ seq }) => seq !== event.seq),
    done: isAgain ? state.done : Math.max(state.done, event.seq),
    missed: state.missed + missed,
  };
}
