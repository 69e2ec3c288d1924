import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 20;
/** SIGKILL needs no grace; this is for the kernel to carry it out. */
const KILL_MS = 500;

/** Is any process of this group running? The dead that nobody has waited for do not count, where that can be seen. */
export function groupAlive(group: number): boolean {
  return groupExists(group) && !onlyZombies(group);
}

/** Resolves when no process of the group runs, or with false after `ms`. */
async function groupGone(group: number, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  for (let poll = 1; groupExists(group); poll += 1) {
    // Looking through all processes costs more than asking for the group.
    if (poll % 5 === 0 && onlyZombies(group)) return true;
    if (performance.now() >= until) return !groupAlive(group);
    await sleep(POLL_MS);
  }
  return true;
}

/** Ends every process of the group: SIGTERM, and after the grace SIGKILL. Resolves to whether all are gone. */
export async function endGroup(group: number, termMs: number): Promise<boolean> {
  signalGroup(group, "SIGTERM");
  if (await groupGone(group, termMs)) return true;
  signalGroup(group, "SIGKILL");
  return groupGone(group, KILL_MS);
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Nobody left to signal.
  }
}

function groupExists(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Orphans stay zombies until the first process of the machine, or of a container, gets round to them. */
function onlyZombies(group: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    return !readdirSync("/proc").some((name) => /^\d+$/.test(name) && runsIn(group, name));
  } catch {
    return false;
  }
}

function runsIn(group: number, pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(itsGroup) === group && state !== "Z" && state !== "X";
  } catch {
    return false;
  }
}
