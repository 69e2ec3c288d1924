import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { nodeEnvironment } from "@trestle/testkit/surroundings";
import { signToken } from "../src/auth/tokens.ts";
import type { HostUnderTest } from "./_worker-host.ts";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
export const SECRET = "a secret for the tokens of tests only";
const HOUR_MS = 3_600_000;

export interface LocalHost extends HostUnderTest {
  readonly token: string;
  readonly folder: string;
}

/** The host of a folder of its own, or of one that another process has already, as a process. */
export async function startLocalHost(
  env: Readonly<Record<string, string>> = {},
  shared?: string,
): Promise<LocalHost> {
  const folder = shared ?? (await mkdtemp(join(tmpdir(), "trestle-objects-")));
  let running = await startProcess(folder, { port: "0", env });
  const { url } = running;
  return {
    ...{ url, folder },
    token: await signToken(SECRET, { name: "tester", expiresAt: Date.now() + HOUR_MS }),
    kill: () => running.end("SIGKILL"),
    async startAgain() {
      running = await startProcess(folder, { port: new URL(url).port, env });
    },
    async close() {
      await running.end("SIGTERM");
      if (shared !== undefined) return;
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Start {
  readonly port: string;
  readonly env: Readonly<Record<string, string>>;
}

async function startProcess(folder: string, { port, env }: Start) {
  const child = spawn(process.execPath, [bin, "host", "--listen", `127.0.0.1:${port}`], {
    cwd: folder,
    env: {
      ...nodeEnvironment(),
      ...{ TRESTLE_HOME: folder, OBJECTS_DATA_DIR: join(folder, "objects") },
      ...{ OBJECTS_TOKEN_SECRET: SECRET, ...env },
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      const found = /^serving (\S+)$/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    exited.then(() => reject(new Error("The host ended before it served.")), reject);
  });
  return {
    url,
    async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
      child.kill(signal);
      await exited;
    },
  };
}
