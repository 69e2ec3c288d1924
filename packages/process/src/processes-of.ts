import { readdirSync, readFileSync } from "node:fs";

/** What every process of a command has in its environment, and nobody else. */
export const MARK = "TRESTLE_COMMAND_ID";

/**
 * All processes of a command: its group, and those that left it but still carry the mark. Linux only;
 * elsewhere there is no telling, and the group alone is ended.
 */
export function processesOf(group: number, id: string): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => groupOf(pid) === group || carries(pid, id))
    .map(Number);
}

/** Ends every process that still carries the mark of a command, wherever it went. Linux only. */
export function endMarked(id: string): void {
  for (const pid of processesOf(-1, id)) kill(pid);
}

/** SIGKILL, to one that may have ended by itself. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Resident memory of all of them together. Bytes; pages that they share count for each. */
export function memoryOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
}

function groupOf(pid: string): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === "Z" || state === "X" ? undefined : Number(group);
}

function carries(pid: string, id: string): boolean {
  return read(`/proc/${pid}/environ`).split("\0").includes(`${MARK}=${id}`);
}

function residentBytes(pid: number): number {
  const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`)) ?? [];
  return Number(kilobytes) * 1024;
}

/** Empty for a process that is gone, or somebody else's. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
