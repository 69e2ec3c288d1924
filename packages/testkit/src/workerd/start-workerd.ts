import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface WorkerdOptions {
  /** From `miniflareFolder()`. */
  readonly folder: string;
  /** One module, as it is deployed. */
  readonly script: string;
  /** Binding → class, all on SQLite. */
  readonly objects: Readonly<Record<string, string>>;
  readonly bindings?: Readonly<Record<string, string>>;
  /** Where the objects' state lies; it outlives this. */
  readonly data: string;
  /** 0, or left out: any. */
  readonly port?: number;
}

export interface Workerd {
  readonly url: string;
  /** Of the runtime, which is a child of what starts it again. Linux only. */
  pid(): Promise<number>;
  /** Ends the runtime and what would start it again, both at once, as kill -9 does. Linux only. */
  kill(): Promise<void>;
  /** What the worker wrote to its console, and the runtime to its own. */
  log(): string;
  close(): Promise<void>;
}

const START_MS = 60_000;
const STOP_MS = 10_000;

/** Serves a worker in the runtime that Cloudflare's network runs, on 127.0.0.1. */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const { folder, port = 0, bindings = {}, ...rest } = options;
  const drafts = await mkdtemp(join(tmpdir(), "trestle-workerd-"));
  const file = join(drafts, "options.json");
  await writeFile(file, JSON.stringify({ ...rest, port, bindings }), { mode: 0o600 });
  const runner = fileURLToPath(new URL("./_run-workerd.ts", import.meta.url));
  const child = spawn(process.execPath, [runner, folder, file], {
    env: { ...process.env, MINIFLARE_WORKERD_PATH: undefined, NODE_OPTIONS: "" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const said: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  const end = async (): Promise<void> => {
    await exited;
    await rm(drafts, { recursive: true, force: true });
  };
  const close = async (): Promise<void> => {
    child.stdin?.end();
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await end();
    clearTimeout(kill);
  };
  try {
    const url = await startedUrl(child, exited, said);
    return {
      ...{ url, close },
      log: () => said.join(""),
      pid: () => runtimeOf(child),
      async kill() {
        const runtime = await runtimeOf(child);
        // What would start it again goes first, or it would.
        process.kill(child.pid ?? runtime, "SIGKILL");
        process.kill(runtime, "SIGKILL");
        await end();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function startedUrl(
  child: ChildProcess,
  exited: Promise<unknown[]>,
  said: readonly string[],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`workerd ${why}:\n${said.join("")}`));
    if (child.stdout === null) return fail("has no stdout");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const words = line.startsWith("{") ? JSON.parse(line) : {};
      if (words.url) resolve(words.url);
    });
    exited.then(([code, signal]) => fail(`ended with ${code ?? signal}`), reject);
    AbortSignal.timeout(START_MS).addEventListener("abort", () => fail("did not start"));
  });
}

async function runtimeOf({ pid }: ChildProcess): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const [first] = children.split(" ").filter(Boolean).map(Number);
  if (first === undefined) throw new Error("The runtime of workers is gone already.");
  return first;
}
