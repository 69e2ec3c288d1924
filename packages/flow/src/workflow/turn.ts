import type { RunParts } from "./parts.ts";
import type { RunCommand, RunEvent, Unit } from "./state.ts";
import { isCalled } from "./units.ts";

/** What followed by itself, and what is left for the driver. */
export interface Settled {
  /** Already applied, in order: to be appended to the log. */
  readonly events: readonly RunEvent[];
  readonly commands: readonly RunCommand[];
  /** When to settle again though nothing happens. */
  readonly wakeAt?: number;
}

/** One settling of a run: what it has recorded so far, and how much room is left for calls. */
export interface Turn {
  readonly parts: RunParts;
  readonly now: number;
  /** Did this round change something that may let more follow? */
  again: boolean;
  /** Forgets the commands of the round before. */
  begin(): void;
  record(event: RunEvent): void;
  command(command: RunCommand): void;
  /** Calls that may start beside those that run and those that already wait for their turn. */
  room(): number;
  /** The pieces of work of a step wait for their turn now. */
  queue(count: number): void;
  wake(at: number | undefined): void;
  settled(): Settled;
}

export function createTurn(
  parts: RunParts,
  apply: (event: RunEvent) => boolean,
  now: number,
): Turn {
  const events: RunEvent[] = [];
  const { maxConcurrency } = parts.workflow.plan;
  let commands: RunCommand[] = [];
  let queued = 0;
  let wakeAt = Number.POSITIVE_INFINITY;
  const turn: Turn = {
    parts,
    now,
    again: false,
    begin() {
      turn.again = false;
      commands = [];
      queued = countQueued(parts, now);
      wakeAt = Number.POSITIVE_INFINITY;
    },
    record(event) {
      if (!apply(event)) return;
      events.push(event);
      turn.again = true;
    },
    command: (command) => void commands.push(command),
    room: () => maxConcurrency - parts.frontier.calls - queued,
    queue: (count) => {
      queued += count;
    },
    wake: (at = Number.POSITIVE_INFINITY) => {
      wakeAt = Math.min(wakeAt, at);
    },
    settled: () => ({
      events,
      commands,
      ...(Number.isFinite(wakeAt) && parts.state.ended === undefined ? { wakeAt } : {}),
    }),
  };
  return turn;
}

/** Is it this unit's turn to be called? */
export function isQueued({ status, dueAt = 0 }: Unit, now: number): boolean {
  return status === "queued" || (status === "delayed" && dueAt <= now);
}

function countQueued({ state, frontier, workflow }: RunParts, now: number): number {
  let count = 0;
  for (const step of frontier.running) {
    if (!isCalled(workflow.steps.get(step)?.work.kind)) continue;
    for (const unit of state.units[step] ?? []) if (isQueued(unit, now)) count += 1;
  }
  return count;
}
