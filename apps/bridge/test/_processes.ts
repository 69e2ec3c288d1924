import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** What the operating system says of processes. Linux only: it is read from /proc. */

/** Live processes, zombies left out, whose command line holds the text. */
export function processesWith(text: string): number[] {
  return livePids().filter((pid) => commandOf(pid).includes(text));
}

export function childrenOf(parent: number): number[] {
  return livePids().filter((pid) => statOf(pid)?.parent === parent);
}

export function isAlive(pid: number): boolean {
  const state = statOf(pid)?.state;
  return state !== undefined && state !== "Z" && state !== "X";
}

export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** The pipes and sockets that a process has open: files of its own come and go. */
export function openChannels(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => /^(pipe|socket):/.test(targetOf(`${folder}/${fd}`)))
    .length;
}

/** Connections to a port of this machine that are open at this end, whoever holds them. */
export function connectionsTo(port: number): number {
  const remote = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1);
  const open = rows.map((row) => row.trim().split(/\s+/)).filter(([, , to]) => to === remote);
  return open.filter(([, , , state]) => state === ESTABLISHED || state === CLOSE_WAIT).length;
}
const ESTABLISHED = "01";
const CLOSE_WAIT = "08";

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}

/** Ends a process at once, if it is there. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

/** Waits for a condition, with a deadline; resolves to the milliseconds it took. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms = 25_000,
): Promise<number> {
  const started = performance.now();
  while (!(await condition())) {
    if (performance.now() - started > ms) throw new Error(`Not within ${ms} ms: ${what}`);
    await pause(10);
  }
  return performance.now() - started;
}

function livePids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(isAlive);
}

function statOf(pid: number): { state: string; parent: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
