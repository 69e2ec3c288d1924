import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";

/** A Redis of a test's own, on this machine alone. It keeps what it has over a restart. */
export interface OwnRedis {
  /** `redis://127.0.0.1:port`. */
  readonly url: string;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** It takes connections, and answers nothing. */
  freeze(): void;
  goOn(): void;
  restart(): Promise<void>;
  /** Deletes what it kept, while it does not run. */
  lose(): void;
  /** Kills it and deletes what it kept. */
  end(): Promise<void>;
}

export interface OwnRedisOptions {
  /** More of what `redis.conf` knows. */
  readonly settings?: Readonly<Record<string, string>>;
}

const START_MS = 20_000;

/** Rejects where there is no program `redis-server`. With `TEST_REDIS=cluster` in the environment it is a cluster. */
export async function startOwnRedis(options: OwnRedisOptions = {}): Promise<OwnRedis> {
  if (process.env.TEST_REDIS !== "cluster") return startOneRedis(options);
  const { startOwnCluster } = await import("./own-redis-cluster.ts");
  return startOwnCluster(options);
}

async function startOneRedis({ settings = {} }: OwnRedisOptions): Promise<OwnRedis> {
  const folder = mkdtempSync(join(tmpdir(), "trestle-redis-"));
  const port = await freePort();
  const all = {
    ...{ port: String(port), bind: "127.0.0.1", dir: folder, save: "", appendonly: "yes" },
    ...settings,
  };
  const args = toArguments(all);
  let child = await startNode(args, port);
  const kill = (): Promise<void> => killNode(child);
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    freeze: () => void child.kill("SIGSTOP"),
    goOn: () => void child.kill("SIGCONT"),
    async restart() {
      child = await startNode(args, port);
    },
    lose: () => rmSync(join(folder, "appendonlydir"), { recursive: true, force: true }),
    async end() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function toArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

export async function killNode(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Resolves when it answers. */
export async function startNode(args: readonly string[], port: number): Promise<ChildProcess> {
  const child = spawn("redis-server", args, { stdio: "ignore" });
  await once(child, "spawn");
  for (const end = Date.now() + START_MS; Date.now() < end; await pause(20)) {
    if (await isAnswering(port)) return child;
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}.`);
  }
  child.kill("SIGKILL");
  throw new Error(`redis-server did not answer within ${START_MS} ms.`);
}

function isAnswering(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const answer = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once("data", (said) => answer(said.toString().startsWith("+PONG")));
    socket.once("error", () => answer(false));
    socket.once("close", () => answer(false));
  });
}

/** Nobody listens there now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
