import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Clock, TrestleError } from "@trestle/protocol";
import { type FolderLock, takeFolderLock } from "@trestle/store";

const POLL_MS = 50;
/** A person may be thinking about what another one of these commands has asked. */
const WAIT_MS = 30_000;

/** Runs the work while nothing else of this home changes the configuration, its own or that of hosts. */
export async function alone<Value>(
  { home, clock }: { readonly home: string; readonly clock: Clock },
  work: () => Promise<Value>,
): Promise<Value> {
  const folder = join(home, "bridge", "editing");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = await waitForLock(folder, clock);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

async function waitForLock(folder: string, clock: Clock): Promise<FolderLock> {
  for (const until = clock.now() + WAIT_MS; ; ) {
    const lock = takeFolderLock(folder, 0);
    if (lock) return lock;
    if (clock.now() >= until) {
      throw new TrestleError(
        "unavailable",
        "Another trestle command is changing the configuration. Try again when it has ended.",
      );
    }
    await pause(POLL_MS);
  }
}
