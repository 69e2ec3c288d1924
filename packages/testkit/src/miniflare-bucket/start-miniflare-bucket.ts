import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { S3Credentials } from "../s3-server/index.ts";
import { scratchForTests } from "../scratch-install.ts";

/** R2's own local implementation, as its makers develop against it. 167 MB. */
const MANIFEST = { dependencies: { miniflare: "4.20260730.0" } };

export interface MiniflareBucket {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: S3Credentials;
  /** Kills the runtime, as a crash would. Linux only. */
  crash(): Promise<void>;
  /** How often the runtime crashed and was started again, with its data, at the same address. */
  crashes(): number;
  close(): Promise<void>;
}

/** Installs it where that was not done yet; undefined where a person's machine cannot, as `scratchForTests`. */
export function miniflareFolder(): Promise<string | undefined> {
  return scratchForTests(MANIFEST);
}

const START_MS = 60_000;
const STOP_MS = 10_000;

/** Serves a bucket of R2 over its S3 API on 127.0.0.1. A crash of the runtime is told on stderr. */
export async function startMiniflareBucket(folder: string): Promise<MiniflareBucket> {
  const data = await mkdtemp(join(await quickest(), "trestle-miniflare-"));
  const runner = fileURLToPath(new URL("./_run-miniflare.ts", import.meta.url));
  const child = spawn(process.execPath, [runner, folder, data], {
    env: { ...process.env, MINIFLARE_WORKERD_PATH: undefined, NODE_OPTIONS: "" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const said: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  let crashes = 0;
  const close = async (): Promise<void> => {
    child.stdin.end();
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await exited;
    clearTimeout(kill);
    await rm(data, { recursive: true, force: true });
  };
  const lines = createInterface({ input: child.stdout });
  const started = new Promise<Pick<MiniflareBucket, "endpoint" | "bucket" | "credentials">>(
    (resolve, reject) => {
      const fail = (why: string) => reject(new Error(`miniflare ${why}:\n${said.join("")}`));
      lines.on("line", (line) => {
        const words = line.startsWith("{") ? JSON.parse(line) : {};
        if (words.endpoint) resolve(words);
        if (!words.restarted) return;
        crashes += 1;
        process.stderr.write(`miniflare: the runtime crashed and was started again (${crashes})\n`);
      });
      exited.then(([code, signal]) => fail(`ended with ${code ?? signal}`), reject);
      AbortSignal.timeout(START_MS).addEventListener("abort", () => fail("did not start"));
    },
  );
  try {
    const place = await started;
    return { ...place, crash: () => killChildren(child.pid), crashes: () => crashes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const ROOM_BYTES = 1_073_741_824;

/** It waits for the disk with every write: on a disk in memory a suite takes a quarter of the time. */
async function quickest(): Promise<string> {
  const memory = "/dev/shm";
  const { bavail, bsize } = await statfs(memory).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize > ROOM_BYTES ? memory : tmpdir();
}

async function killChildren(pid: number | undefined): Promise<void> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  for (const child of children.split(" ").filter(Boolean)) process.kill(Number(child), "SIGKILL");
}
