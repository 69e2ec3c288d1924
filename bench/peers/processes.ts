import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { echoFile } from "../gateway/peers.ts";
import { cpuMilliseconds, residentMegabytes } from "../gateway/process-figures.ts";

/**
 * Everything that runs with this home, daemons included: whatever a gateway starts inherits it, and nothing else has it.
 * `servers` are the echo servers behind it.
 */
export function processesOf(home: string): { gateway: number[]; servers: number[] } {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && readOf(pid, "environ").includes(`HOME=${home}`));
  // A gateway that was told the file of the server is no server; nor is a shell that starts one.
  const servers = all.filter((pid) => readOf(pid, "cmdline")[1] === echoFile);
  return { servers, gateway: all.filter((pid) => !servers.includes(pid)) };
}

/** Of all of them; one that ends meanwhile counts nothing. */
export function cpuOf(pids: readonly number[]): number {
  return sum(pids, cpuMilliseconds);
}

export function megabytesOf(pids: readonly number[]): number {
  return sum(pids, residentMegabytes);
}

export function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  }
}

function readOf(pid: number, file: "environ" | "cmdline"): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function sum(pids: readonly number[], of: (pid: number) => number): number {
  return pids.reduce((total, pid) => {
    try {
      return total + of(pid);
    } catch {
      return total;
    }
  }, 0);
}
