import { setTimeout as pause } from "node:timers/promises";

/** Waits for a condition, with a deadline that names it. */
export async function until(
  what: string,
  look: () => boolean | undefined,
  deadlineMs = 25_000,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!look()) {
    if (performance.now() > end) throw new Error(`Not within ${deadlineMs} ms: ${what}`);
    await pause(3);
  }
}
