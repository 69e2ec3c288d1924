import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { miniflareFolder } from "@trestle/testkit/miniflare-bucket";
import { bundleWorker, startWorkerd } from "@trestle/testkit/workerd";
import { signToken } from "@trestle-mcp/objects";

/** What is measured: where it is, and what its callers show. */
export interface MeasuredHost {
  readonly name: string;
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

const SECRET = "a secret for the tokens of benchmarks only";
const DAY_MS = 86_400_000;
const FLOOR = fileURLToPath(new URL("./floor-process.ts", import.meta.url));
const BIN = fileURLToPath(new URL("../../servers/objects/src/bin.ts", import.meta.url));
const WORKER = fileURLToPath(new URL("../../servers/objects/worker/src/index.ts", import.meta.url));

/** The floor, the local host, and the worker in its own runtime, where that can be installed. */
export async function startHosts(): Promise<MeasuredHost[]> {
  const data = await mkdtemp(join(tmpdir(), "trestle-bench-objects-"));
  const expiresAt = Date.now() + DAY_MS;
  const token = await signToken(SECRET, { name: "bench", expiresAt });
  const folder = await miniflareFolder();
  const workers = folder === undefined ? [] : [await startWorker(folder, join(data, "worker"))];
  const programs = [
    await startProgram("floor", [FLOOR, join(data, "floor.db")], data),
    await startProgram("local host", [BIN, "host", "--listen", "127.0.0.1:0"], join(data, "local")),
  ];
  const hosts = [...programs, ...workers].map((host) => ({ ...host, token }));
  return hosts.map((host, index) => ({
    ...host,
    async close() {
      await host.close();
      if (index === hosts.length - 1) await rm(data, { recursive: true, force: true });
    },
  }));
}

type Started = Omit<MeasuredHost, "token">;

async function startWorker(folder: string, data: string): Promise<Started> {
  const { url, close } = await startWorkerd({
    ...{ folder, data },
    script: await bundleWorker(WORKER),
    objects: { OBJECTS: "ObjectHost", REGISTRY: "ObjectRegistry" },
    bindings: { OBJECTS_TOKEN_SECRET: SECRET },
  });
  return { name: "workerd", url, close };
}

/** A program that says `serving URL` once it does. */
async function startProgram(name: string, args: string[], home: string): Promise<Started> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, TRESTLE_HOME: home, OBJECTS_TOKEN_SECRET: SECRET },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      const found = /^serving (\S+)$/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    exited.then(() => reject(new Error(`The ${name} ended before it served.`)), reject);
  });
  return {
    ...{ name, url },
    async close() {
      child.kill();
      await exited;
    },
  };
}
