import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A process that does steps of workflows. */
export interface Worker {
  readonly child: ChildProcess;
  /** Kills it, if it lives. */
  end(): Promise<void>;
}

const START_MS = 120_000;

/** Resolves when it says that it works. */
export async function startWorker(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Worker> {
  const child = spawn(process.execPath, [...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      if (said.length < 100_000) said += chunk.toString();
      if (/working/.test(said)) resolve();
    });
  }
  child.once("exit", (code) => reject(new Error(`The worker ended (${code}): ${said}`)));
  const timer = setTimeout(() => reject(new Error(`The worker did not begin: ${said}`)), START_MS);
  async function end(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
  try {
    await promise;
  } catch (error) {
    await end();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return { child, end };
}
