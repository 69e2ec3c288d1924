import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import process from "node:process";
import { Client } from "pg";

/**
 * One processor for this process, another for every connection of the database, until what is returned is called.
 * Left to itself the kernel moves them, and a round trip of the same statement takes 0.07 or 0.15 ms, which hides
 * every difference between two ways to make it. Undefined where that is not possible: no `taskset`, one processor,
 * a server on another machine or of another user.
 */
export async function placeApart(url: string): Promise<(() => void) | undefined> {
  if (cpus().length < 2) return undefined;
  const pids = await connectionsOf(url);
  try {
    for (const pid of pids) pin(pid, "1");
    pin(process.pid, "0");
  } catch {
    return undefined;
  }
  return () => pin(process.pid, `0-${cpus().length - 1}`);
}

async function connectionsOf(url: string): Promise<number[]> {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    return rows.map(({ pid }) => pid);
  } finally {
    await client.end();
  }
}

function pin(pid: number, processors: string): void {
  execFileSync("taskset", ["--all-tasks", "--pid", "--cpu-list", processors, String(pid)], {
    stdio: "ignore",
  });
}
