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
export class Turn {
  readonly parts: RunParts;
  readonly now: number;
  /** Did this round change something that may let more follow? */
  again = false;
  readonly #apply: (event: RunEvent) => boolean;
  readonly #events: RunEvent[] = [];
  #commands: RunCommand[] = [];
  #queued = 0;
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(parts: RunParts, apply: (event: RunEvent) => boolean, now: number) {
    this.parts = parts;
    this.#apply = apply;
    this.now = now;
  }

  /** Forgets the commands of the round before. */
  begin(): void {
    this.again = false;
    if (this.#commands.length > 0) this.#commands = [];
    this.#queued = countQueued(this.parts, this.now);
    this.#wakeAt = Number.POSITIVE_INFINITY;
  }

  record(event: RunEvent): void {
    if (!this.#apply(event)) return;
    this.#events.push(event);
    this.again = true;
  }

  command(command: RunCommand): void {
    this.#commands.push(command);
  }

  /** Calls that may start beside those that run and those that already wait for their turn. */
  room(): number {
    const { workflow, frontier } = this.parts;
    return workflow.plan.maxConcurrency - frontier.calls - this.#queued;
  }

  /** The pieces of work of a step wait for their turn now. */
  queue(count: number): void {
    this.#queued += count;
  }

  wake(at = Number.POSITIVE_INFINITY): void {
    this.#wakeAt = Math.min(this.#wakeAt, at);
  }

  settled(): Settled {
    const events = this.#events;
    const commands = this.#commands;
    const wakeAt = this.#wakeAt;
    const wakes = wakeAt !== Number.POSITIVE_INFINITY && this.parts.state.ended === undefined;
    return wakes ? { events, commands, wakeAt } : { events, commands };
  }
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
