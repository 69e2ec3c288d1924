import { createRoster } from "@trestle/protocol";

/** An answer that takes this many ticks gets a beat, and another after as many more: 15 to 20 seconds. */
const TICKS = 4;
const TICK_MS = 5_000;

/** Calls `beat` every now and then, to show that a connection lives, until the returned function is called. */
export type Heartbeat = (beat: () => void) => () => void;

/** One timer for all that wait: a timer of each answer's own would cost every call. */
export function createHeartbeat(): Heartbeat {
  const waiting = createRoster<{ ticks: number; readonly beat: () => void }>();
  let timer: NodeJS.Timeout | undefined;

  function tick(): void {
    for (const entry of waiting.items()) {
      entry.ticks += 1;
      if (entry.ticks % TICKS === 0) entry.beat();
    }
    if (waiting.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return (beat) => {
    const leave = waiting.add({ ticks: 0, beat });
    timer ??= setInterval(tick, TICK_MS).unref();
    return leave;
  };
}
