import { readdirSync, readFileSync } from "node:fs";

/** Processor time of one process so far, in milliseconds, all its threads together. */
export function cpuMilliseconds(pid: number): number {
  // To the nanosecond: the ticks of `stat` are 10 ms, as much as some hundred calls.
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const [onCpu] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
    return Number(onCpu);
  });
  return threads.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1e6;
}

/** Resident memory of one process, in MB. */
export function residentMegabytes(pid: number): number {
  const line = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1]) / 1024;
}

/** How many processes one process has started that still run. */
export function childrenOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8"))
    .join(" ")
    .split(" ")
    .filter((child) => child !== "").length;
}
