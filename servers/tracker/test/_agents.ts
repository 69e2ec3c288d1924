import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { nodeEnvironment } from "@trestle/testkit/surroundings";
import { onTestFinished } from "vitest";
import { createAgentKeys } from "../src/collect/agent-keys.ts";
import { openSqliteStore } from "../src/store/sqlite/open.ts";
import type { TrackerStore } from "../src/store/tracker-store.ts";

/** Starts a process of these tests; resolves when it says that it has begun, or ended. */
export async function startProcess(
  name: "_agent-process.ts" | "_collecting-process.ts",
  task: object,
  environment: Record<string, string> = {},
): Promise<ChildProcess> {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(task)], {
    env: { ...nodeEnvironment(), ...environment },
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  return child;
}

export async function endOf(child: ChildProcess): Promise<number | null> {
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Works with the store of a folder while no process has it. */
export async function inStore<Result>(
  folder: string,
  work: (store: TrackerStore) => Promise<Result>,
): Promise<Result> {
  const store = await openSqliteStore({ folder });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

export const keysOf = (store: TrackerStore) =>
  createAgentKeys({ store, now: Date.now, newSecret: () => randomBytes(32) });
