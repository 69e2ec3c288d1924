import { type ChildProcessByStdio, spawn } from "node:child_process";
import { statSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { Logger } from "@trestle/protocol";
import { messageOf } from "@trestle/protocol";
import { windowsCommand } from "../stdio/windows-command.ts";
import { childEnvironment, type Environment } from "./environment.ts";
import { endGroup, groupAlive } from "./group.ts";
import { reapLeftovers } from "./reap.ts";
import { removeRecord, writeRecord } from "./records.ts";
import { startTimeOf } from "./start-time.ts";
import { createWatchdog } from "./watchdog.ts";

export interface ChildSpec {
  /** Server id of the upstream that it serves. */
  readonly upstream: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
}

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Every child of this bridge: none is forgotten, neither on close nor when the bridge is killed. */
export interface ProcessRegistry {
  /** Starts a child in a process group of its own, watched from its first moment. */
  spawn(spec: ChildSpec): Child;
  /** Ends what is left of the child's group, and forgets it once all are gone. */
  release(child: Child, termMs: number): Promise<void>;
  /** The children now alive. */
  list(): { pid: number; upstream: string }[];
  /** Ends what an earlier owner of the folder left behind; returns how many. For the owner of the home, at start. */
  reapLeftovers(): Promise<number>;
  /** Ends all children and the watchdog. */
  close(): Promise<void>;
}

export interface ProcessRegistryOptions {
  readonly log: Logger;
  /** Where children are recorded for the next owner; without it nothing is written. */
  readonly folder?: string;
  /** Ours, from which children inherit a few variables. */
  readonly environment?: Environment;
}

export function createProcessRegistry(options: ProcessRegistryOptions): ProcessRegistry {
  const { log, folder, environment = process.env } = options;
  const children = new Map<number, { child: Child; upstream: string }>();
  const watchdog = createWatchdog({ log });

  function record(pid: number, upstream: string): void {
    if (folder === undefined) return;
    const startTime = startTimeOf(pid);
    const owner = { pid: process.pid, startTime: startTimeOf(process.pid) ?? "" };
    if (startTime === undefined) return;
    try {
      writeRecord(folder, { pid, pgid: pid, startTime, upstream, owner });
    } catch (error) {
      log.warn("child not recorded", { upstream, pid, error: messageOf(error) });
    }
  }

  function forget(pid: number): void {
    children.delete(pid);
    watchdog.remove(pid);
    if (folder !== undefined) removeRecord(folder, pid);
  }

  async function release(child: Child, termMs: number): Promise<void> {
    const { pid } = child;
    if (pid === undefined || !children.has(pid)) return;
    if (isWindows) await endTree(pid);
    else if (groupAlive(pid) && !(await endGroup(pid, termMs)))
      log.error("processes cannot be ended", { group: pid });
    forget(pid);
  }

  return {
    spawn(spec) {
      const child = spawnChild(spec, environment);
      if (child.pid !== undefined) {
        watchdog.add(child.pid);
        children.set(child.pid, { child, upstream: spec.upstream });
        record(child.pid, spec.upstream);
      }
      return child;
    },
    release,
    list: () => [...children].map(([pid, { upstream }]) => ({ pid, upstream })),
    reapLeftovers: () => (folder === undefined ? Promise.resolve(0) : reapLeftovers(folder, log)),
    async close() {
      await Promise.all([...children.values()].map(({ child }) => release(child, 700)));
      await watchdog.close();
    },
  };
}

const isWindows = process.platform === "win32";

/** Without a shell, but for what only one can start. */
function spawnChild(spec: ChildSpec, environment: Environment): Child {
  const { command, args, cwd } = spec;
  const env = childEnvironment(environment, spec.env);
  const place = { environment: env, cwd: cwd ?? process.cwd(), isFile: isFileThere };
  const start = isWindows ? windowsCommand(command, args, place) : { file: command, args };
  return spawn(start.file, start.args, {
    cwd,
    env,
    stdio: ["pipe", "pipe", "pipe"],
    detached: !isWindows,
    windowsHide: true,
    windowsVerbatimArguments: "isVerbatim" in start,
  });
}

function isFileThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Windows has no groups: the tree is ended by its root. */
function endTree(pid: number): Promise<void> {
  return new Promise((resolve) => {
    const kill = spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore" });
    kill.once("close", () => resolve());
    kill.once("error", () => resolve());
  });
}
