import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { nodeEnvironment } from "@trestle/testkit/surroundings";
import { onTestFinished } from "vitest";
import type { Source } from "../src/sources/source.ts";
import type { TrackerStore } from "../src/store/tracker-store.ts";
import type { StorePlace } from "./_stores.ts";

export interface IngestTask {
  readonly store: StorePlace;
  readonly sources: readonly Source[];
  /** Reads until it is ended; else it reads what is there and ends by itself. */
  readonly isLive: boolean;
  readonly leaseMs: number;
}

/** So long after a reader of these tests stood still another one reads. */
export const LEASE_MS = 400;

const program = fileURLToPath(new URL("_ingesting-process.ts", import.meta.url));

/** Starts a process that reads; resolves when it has begun. */
export async function startIngesting(task: Omit<IngestTask, "leaseMs">): Promise<ChildProcess> {
  const whole: IngestTask = { ...task, leaseMs: LEASE_MS };
  const child = spawn(process.execPath, [program, JSON.stringify(whole)], {
    env: nodeEnvironment(),
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  return child;
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Reads all that is there, in a process of its own that ends well. */
export async function catchUp(task: Pick<IngestTask, "store" | "sources">): Promise<void> {
  const child = await startIngesting({ ...task, isLive: false });
  child.stdin?.end();
  const [code] = child.exitCode === null ? await once(child, "exit") : [child.exitCode];
  if (code !== 0) throw new Error(`Catching up ended with ${code}.`);
}

/** Ids of all records and the text of their lines, where they are lines. */
export async function allRecords(
  store: TrackerStore,
): Promise<{ readonly ids: readonly string[]; readonly lines: readonly string[] }> {
  const ids: string[] = [];
  const lines: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await store.records({ limit: 1_000, ...(cursor !== undefined && { cursor }) });
    for (const { id, parts } of page.items) {
      ids.push(id);
      for (const part of parts) if (part.kind === "line") lines.push(part.text);
    }
    if (page.next === undefined) return { ids, lines };
    cursor = page.next;
  }
}
