import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const runFile = promisify(execFile);
const PS_MS = 2_000;

/** The resident memory of a process in bytes; undefined where it is gone or the system does not tell. */
export async function memoryOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => undefined);
  const kilobytes =
    status === undefined ? await askPs(pid) : /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  const bytes = Number(kilobytes) * 1024;
  return Number.isFinite(bytes) && bytes > 0 ? bytes : undefined;
}

async function askPs(pid: number): Promise<string | undefined> {
  const args = ["-o", "rss=", "-p", String(pid)];
  const { stdout } = await runFile("ps", args, { timeout: PS_MS }).catch(() => ({ stdout: "" }));
  return stdout.trim() || undefined;
}
