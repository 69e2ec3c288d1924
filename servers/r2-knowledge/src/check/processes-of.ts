import { readdirSync, readFileSync } from "node:fs";

/** What every process of a check has in its environment, and nobody else. */
export const MARK = "TRESTLE_CHECK_ID";

/**
 * All processes of a check: its group, and those that left it but still carry the mark. Linux only;
 * elsewhere there is no telling, and the group alone is ended.
 */
export function processesOf(group: number, id: string): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => groupOf(pid) === group || carries(pid, id))
    .map(Number);
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
