import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type OpenedQueue, type OpenQueueOptions, openRealQueue } from "./_parts.ts";

export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "trestle-review-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** A queue on a real home, for one test. */
export async function openQueue(options: OpenQueueOptions = {}): Promise<OpenedQueue> {
  const opened = await openRealQueue({ folder: temporaryFolder(), ...options });
  onTestFinished(opened.close);
  return opened;
}
