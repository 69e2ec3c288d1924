import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Span } from "./_chaos-verdict.ts";
import type { SharedBridge, SharedBridges } from "./_shared-bridges.ts";

/** One process of a replica, from its start to its end. */
export interface Life {
  readonly port: string;
  readonly pid: number;
  readonly startedAt: number;
  /** Samples of its resident memory, in bytes, one each second. */
  readonly memory: readonly number[];
  /** Nothing while it lives. */
  readonly end?: {
    readonly how: "killed" | "stopped" | "by itself";
    at: number;
    goneAt?: number;
    code?: number;
  };
  /** The last lines of its log. */
  log(): string;
}

/** Three replicas that keep their addresses and homes, whatever is done to their processes. */
export interface Lives {
  readonly bridges: readonly SharedBridge[];
  /** All that ever were. */
  readonly all: readonly Life[];
  /** When a bridge could not reach Redis in time, by its log; on a busy machine that is not only when it was killed. */
  losses(): Span[];
  /** As a crash would. It is started again. */
  kill(index: number): Promise<void>;
  /** As a rolling restart would: it is told to stop, and started again once it has. */
  replace(index: number): Promise<void>;
  close(): void;
}

type Mutable = { -readonly [Key in keyof Life]: Life[Key] } & { memory: number[] };

const SAMPLE_MS = 1_000;
const LOG_CHARACTERS = 4_000;

export async function startLives(shared: SharedBridges): Promise<Lives> {
  const bridges = await Promise.all([shared.start(), shared.start(), shared.start()]);
  const all: Mutable[] = [];
  const current = bridges.map(begin);

  function begin(bridge: SharedBridge): Mutable {
    const { url, pid, home } = bridge;
    const life: Mutable = {
      ...{ port: new URL(url).port, pid, startedAt: Date.now(), memory: [] },
      log: () => readFileSync(logOf(home), "utf8").slice(-LOG_CHARACTERS),
    };
    void bridge.exited.then((code) => {
      life.end ??= { how: "by itself", at: Date.now(), ...(code !== null && { code }) };
    });
    all.push(life);
    return life;
  }

  async function end(index: number, how: "killed" | "stopped"): Promise<void> {
    const [bridge, life] = [bridges[index] as SharedBridge, current[index] as Mutable];
    const at = Date.now();
    life.end = { how, at };
    process.kill(bridge.pid, how === "killed" ? "SIGKILL" : "SIGTERM");
    const code = await bridge.exited;
    life.end = { how, at, goneAt: Date.now() };
    if (how === "stopped" && code !== 0) life.end = { how: "by itself", at: Date.now() };
    const next = await shared.restart(bridge);
    bridges[index] = next;
    current[index] = begin(next);
  }

  const sampling = setInterval(() => {
    for (const life of current) if (!life.end) life.memory.push(memoryOf(life.pid));
  }, SAMPLE_MS);

  return {
    ...{ bridges, all },
    losses: () => bridges.flatMap(({ home }) => lossesOf(readFileSync(logOf(home), "utf8"))),
    kill: (index) => end(index, "killed"),
    replace: (index) => end(index, "stopped"),
    close: () => clearInterval(sampling),
  };
}

function logOf(home: string): string {
  return join(home, "bridge", "bridge.log");
}

function lossesOf(log: string): Span[] {
  const told = log.matchAll(/"time":"([^"]+)".*"msg":"(Redis is gone|Redis answers)"/g);
  const losses: { from: number; to: number }[] = [];
  for (const [, time = "", what] of told) {
    const at = Date.parse(time);
    const last = losses.at(-1);
    if (what === "Redis is gone") losses.push({ from: at, to: Date.now() });
    else if (last) last.to = Math.min(last.to, at);
  }
  return losses;
}

function memoryOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it is just going
  }
}
