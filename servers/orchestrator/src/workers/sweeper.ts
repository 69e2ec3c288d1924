import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { Postgres } from "../runs/postgres/postgres.ts";
import type { ReadyTask } from "./task.ts";
import { freeLostClaims, readOrphans, takeDueRuns, takeUnheard } from "./task-rows.ts";

export interface SweeperParts {
  readonly postgres: Postgres;
  readonly clock: Clock;
  readonly log: Logger;
  readonly everyMs: number;
  /** How long a task waits before it is announced again. */
  readonly unheardMs: number;
  /** Settles a run that is due. */
  readonly settle: (runId: string) => Promise<void>;
  /** Cancels a run that nobody waits for. */
  readonly endOrphan: (runId: string) => Promise<void>;
  readonly announce: (tasks: readonly ReadyTask[]) => Promise<unknown>;
}

/** What nobody else would notice: times that came, workers that are gone, announcements that were lost. */
export interface Sweeper {
  /** Looks again no later than then. */
  dueAt(at: number): void;
  close(): Promise<void>;
}

const MOST = 500;
/** A run that somebody has taken to settle is looked at again after this, should that process die. */
const SETTLE_MS = 30_000;
/** Whoever ended what waited for a run tells that run at once, unless they died. */
const TELL_MS = 2_000;
/** Timers are never finer than this. */
const LEAST_MS = 5;

/** Any number of processes sweep at once: each takes what no other is at. */
export function createSweeper(parts: SweeperParts): Sweeper {
  const { clock, everyMs, log } = parts;
  let sweeping: Promise<void> | undefined;
  let clear = () => {};
  let next = Number.POSITIVE_INFINITY;
  let closed = false;

  function plan(at: number): void {
    if (closed || at >= next) return;
    clear();
    next = at;
    clear = clock.after(Math.max(LEAST_MS, at - clock.now()), () => {
      next = Number.POSITIVE_INFINITY;
      sweeping ??= sweep().finally(() => {
        sweeping = undefined;
        plan(clock.now() + everyMs);
      });
    });
  }

  async function sweep(): Promise<void> {
    try {
      await sweepOnce(parts);
    } catch (error) {
      log.debug("a sweep failed", { error: messageOf(error) });
    }
  }

  plan(clock.now());
  return {
    dueAt: plan,
    async close() {
      closed = true;
      clear();
      await sweeping;
    },
  };
}

async function sweepOnce(parts: SweeperParts): Promise<void> {
  const { postgres, settle, endOrphan, announce, unheardMs, log } = parts;
  const { query } = postgres;
  // One that cannot be told must not hold up the others.
  for (const run of await readOrphans(query, TELL_MS, MOST))
    await endOrphan(run).catch((error) =>
      log.debug("a run of a step was not cancelled yet", { run, error: messageOf(error) }),
    );
  await announce(await freeLostClaims(query, MOST));
  await announce(await takeUnheard(query, unheardMs, MOST));
  for (;;) {
    const due = await takeDueRuns(query, SETTLE_MS, MOST);
    await Promise.all(due.map((id) => settle(id)));
    if (due.length < MOST) return;
  }
}
