import type { ToolContext } from "@trestle-mcp/server-kit";

const TICK_MS = 2_000;

/** Tells the caller every few seconds that the work still goes on, so that nobody gives it up for dead. */
export async function whileRunning<Result>(
  { clock, progress }: Pick<ToolContext, "clock" | "progress">,
  work: () => Promise<Result>,
): Promise<Result> {
  let ticks = 0;
  let cancelTimer = () => {};
  function tick(): void {
    progress({ progress: (ticks * TICK_MS) / 1_000, message: "seconds at work" });
    ticks += 1;
    cancelTimer = clock.after(TICK_MS, tick);
  }
  tick();
  try {
    return await work();
  } finally {
    cancelTimer();
  }
}
