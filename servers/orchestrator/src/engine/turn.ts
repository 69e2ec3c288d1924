import type { Run, RunCommand, RunEvent, RunState } from "@trestle/flow";

/** What somebody tells a run: events, made of its state at the moment when it hears of them. */
export type ToEvents = (state: RunState, now: number) => readonly RunEvent[];

export interface Letter {
  readonly toEvents: ToEvents;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export type Attempt = Exclude<RunCommand, { readonly kind: "cancel" }>;
export type Cancel = Extract<RunCommand, { readonly kind: "cancel" }>;

/** One round of a run: all of it is applied, none of it is stored or done yet. */
export interface TakenTurn {
  /** What was told, what follows from it, and the attempts that begin. */
  readonly events: readonly RunEvent[];
  /** Letters that changed something: to be answered once the events are stored. The others have their answer. */
  readonly heard: readonly Letter[];
  readonly starting: readonly Attempt[];
  readonly cancels: readonly Cancel[];
  /** When to take a turn though nothing happens. */
  readonly wakeAt?: number;
}

export interface TurnParts {
  readonly letters: readonly Letter[];
  readonly now: number;
  /** Is an attempt of this piece of work still under way, though the run may have given it up? */
  readonly isBusy: (attempt: Attempt) => boolean;
}

export function takeTurn(run: Run, { letters, now, isBusy }: TurnParts): TakenTurn {
  const events: RunEvent[] = [];
  const heard = letters.filter((letter) => hear(run, letter, now, events));
  const settled = run.settle(now);
  events.push(...settled.events);
  const starting: Attempt[] = [];
  const cancels: Cancel[] = [];
  for (const command of settled.commands) {
    if (command.kind === "cancel") cancels.push(command);
    else if (!isBusy(command)) starting.push(command);
  }
  for (const { step, unit, undo } of starting) {
    const event: RunEvent = { kind: "attemptStarted", step, unit, at: now };
    const started = undo ? { ...event, undo } : event;
    run.apply(started);
    events.push(started);
  }
  const { wakeAt } = settled;
  return { events, heard, starting, cancels, ...(wakeAt === undefined ? {} : { wakeAt }) };
}

function hear(
  run: Run,
  { toEvents, resolve, reject }: Letter,
  now: number,
  events: RunEvent[],
): boolean {
  try {
    const told = toEvents(run.state, now).filter((event) => run.apply(event));
    events.push(...told);
    if (told.length > 0) return true;
    resolve();
  } catch (error) {
    reject(error);
  }
  return false;
}
