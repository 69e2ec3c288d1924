import {
  type Clock,
  isTrestleError,
  type JsonObject,
  type Logger,
  messageOf,
} from "@trestle/protocol";
import type { AutomationStore } from "./automation-store.ts";
import { nextInstant, type OnBehalf, type Schedule } from "./schedule.ts";

/** Begins an execution; the same key begins it once, however often it is asked for. Gives its id. */
export type Fire = (firing: Firing) => Promise<string>;

export interface Firing {
  readonly workflow: string;
  readonly version?: string;
  readonly input?: JsonObject;
  readonly context: JsonObject;
  readonly key: string;
  readonly onBehalf: OnBehalf;
}

export interface SchedulerParts {
  readonly store: AutomationStore;
  readonly fire: Fire;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Fires schedules at their instants, as long as it is not closed. */
export interface Scheduler {
  /** Looks what is due, and when it has to look again: at the start, and after each change. */
  wake(): Promise<void>;
  close(): Promise<void>;
}

/** An instant is missed when nothing looked at it for so long. */
const GRACE_MS = 60_000;
const RETRY_MS = 5_000;
/** Firings in one go, so that others get their turn. */
const MOST = 100;

/**
 * The instant is the key of its execution, and is noted as done after that is durable: whoever dies in between finds
 * the execution there when it asks for it again.
 */
export function createScheduler({ store, fire, clock, log }: SchedulerParts): Scheduler {
  let cancelTimer = () => {};
  let turning = Promise.resolve();
  let closed = false;

  async function turn(): Promise<void> {
    cancelTimer();
    if (closed) return;
    const now = clock.now();
    let next = now + store.lookMs;
    const mine = (await store.lead()) ? await store.list<Schedule>("schedule") : [];
    for (const schedule of mine) {
      if (!schedule.enabled || closed) continue;
      next = Math.min(next, await serve(schedule, now).catch((error) => lost(schedule, error)));
    }
    if (!closed) cancelTimer = clock.after(Math.max(0, next - clock.now()), () => void wake());
  }

  /** Fires what is due of one schedule; gives when it has to be looked at again. */
  async function serve(given: Schedule, now: number): Promise<number> {
    let schedule = given;
    for (let count = 0; count < MOST; count += 1) {
      const due = nextDue(schedule, now);
      if (due.at === undefined) {
        const { doneUntil } = due;
        if (doneUntil !== schedule.doneUntil) await note(schedule, { doneUntil });
        return nextInstant(schedule, doneUntil) ?? Number.POSITIVE_INFINITY;
      }
      schedule = await note(schedule, {
        doneUntil: due.doneUntil,
        ...(await begin(schedule, due.at)),
      });
    }
    return now;
  }

  async function begin(schedule: Schedule, at: number) {
    const { id, workflow, version, input, onBehalf } = schedule;
    const scheduledFor = new Date(at).toISOString();
    try {
      const lastExecution = await fire({
        workflow,
        ...(version === undefined ? {} : { version }),
        ...(input === undefined ? {} : { input: input as JsonObject }),
        context: { schedule: id, scheduled_for: scheduledFor },
        key: `schedule/${id}/${scheduledFor}`,
        onBehalf,
      });
      return { lastExecution, lastError: undefined };
    } catch (error) {
      if (isTrestleError(error) && error.code === "unavailable") throw error;
      log.error("a schedule began nothing", { schedule: id, error: messageOf(error) });
      return { lastError: `${scheduledFor}: ${messageOf(error)}` };
    }
  }

  /** What it says of itself may have been changed meanwhile: only how far it is is noted. */
  async function note(schedule: Schedule, facts: Partial<Schedule>): Promise<Schedule> {
    await store.note("schedule", schedule.id, facts, schedule.doneUntil);
    return { ...schedule, ...facts };
  }

  function lost({ id }: Schedule, error: unknown): number {
    log.error("a schedule waits", { schedule: id, error: messageOf(error) });
    return clock.now() + RETRY_MS;
  }

  function wake(): Promise<void> {
    turning = turning.then(turn).catch((error) => {
      log.error("schedules wait", { error: messageOf(error) });
      cancelTimer = clock.after(RETRY_MS, () => void wake());
    });
    return turning;
  }

  return {
    wake,
    async close() {
      closed = true;
      cancelTimer();
      await turning;
    },
  };
}

/** The next instant to fire, where one is due, and what is done with after it. */
function nextDue(
  schedule: Schedule,
  now: number,
): { readonly at?: number; readonly doneUntil: number } {
  const { catchUp, doneUntil } = schedule;
  const first = nextInstant(schedule, doneUntil);
  if (first === undefined || first > now) return { doneUntil };
  const missedUntil = now - GRACE_MS;
  if (first > missedUntil || catchUp === "all") return { at: first, doneUntil: first };
  if (catchUp === "once") return { at: first, doneUntil: missedUntil };
  return nextDue({ ...schedule, doneUntil: missedUntil }, now);
}
