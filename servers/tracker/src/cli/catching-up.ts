import { createProgressBar } from "@trestle/cli";
import { type Clock, TrestleError } from "@trestle/protocol";
import { counted } from "../reports/clip.ts";
import type { State } from "../state.ts";
import type { Place } from "./place.ts";

const LOOK_MS = 100;

/** Shows how far what was written until now is read, and says so where not all of it was. */
export async function untilCaughtUp(
  { ingestion, caughtUp }: Pick<State, "ingestion" | "caughtUp">,
  { terminal, clock, signal }: Pick<Place, "terminal" | "clock" | "signal">,
): Promise<void> {
  const bar = createProgressBar(terminal, clock);
  const stop = every(clock, LOOK_MS, () => {
    const { backlog = 0, bytes = { all: 0, stored: 0 } } = ingestion?.status() ?? {};
    // Files that are known are looked at as well: that takes no time worth telling.
    if (backlog > 0 && bytes.stored < bytes.all)
      bar.show(`${counted(backlog, "file")} to read`, bytes.stored / bytes.all);
  });
  try {
    await orCancelled(caughtUp(), signal);
  } finally {
    stop();
    bar.clear();
  }
  const { backlog = 0 } = ingestion?.status() ?? {};
  if (backlog > 0)
    terminal.warn(
      `${counted(backlog, "file")} not read to the end yet: this is what was read so far, and trestle-tracker ingest reads on.`,
    );
}

/** Calls it again and again, until what it returned is called. */
export function every(clock: Clock, ms: number, work: () => void): () => void {
  let cancel = clock.after(ms, again);
  function again(): void {
    cancel = clock.after(ms, again);
    work();
  }
  return () => cancel();
}

/** What is waited for, or `cancelled` when a person has enough of waiting. */
export async function orCancelled<Value>(
  work: Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new TrestleError("cancelled", "Stopped."));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
