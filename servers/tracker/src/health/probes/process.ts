import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { promisify } from "node:util";
import type { TargetOf } from "../config.ts";
import { down, type Finding, type ProbeContext, up } from "./probe.ts";

const run = promisify(execFile);
const MOST_OUTPUT = 16 * 2 ** 20;

export async function probeProcess(
  target: TargetOf<"process">,
  { signal }: ProbeContext,
): Promise<Finding> {
  const pids =
    target.pidFile === undefined
      ? await pidsOf(target.command ?? "", signal)
      : await pidsIn(target.pidFile);
  if (pids.length >= target.least)
    return up(`${pids.length} running.`, { pids: pids.slice(0, 20) });
  return down(`${pids.length} running, of ${target.least} that there must be.`);
}

async function pidsIn(pidFile: string): Promise<number[]> {
  const pid = Number.parseInt(await readFile(pidFile, "utf8"), 10);
  return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? [pid] : [];
}

async function pidsOf(command: string, signal: AbortSignal): Promise<number[]> {
  const { stdout } = await run("ps", ["-axo", "pid=,ppid=,args="], {
    signal,
    maxBuffer: MOST_OUTPUT,
  });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, parent, args = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    // Neither ourselves nor what we started, such as ps.
    const isOurs = Number(pid) === process.pid || Number(parent) === process.pid;
    return pid !== undefined && !isOurs && args.includes(command) ? [Number(pid)] : [];
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and of another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
