import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import type { Logger } from "@trestle/protocol";
import { messageOf } from "@trestle/protocol";

/** Ends the children of a bridge that was killed before it could do so itself. */
export interface Watchdog {
  add(group: number): void;
  remove(group: number): void;
  /** Resolves when the process is gone. */
  close(): Promise<void>;
}

/**
 * One tiny process that holds the reading end of a pipe. The kernel closes our end however we die; the
 * process then ends the groups it was told of. Started with the first child, and again should it be killed.
 */
export function createWatchdog({ log }: { log: Logger }): Watchdog {
  const groups = new Set<number>();
  let process: ChildProcess | undefined;
  let startedAt = 0;

  function start(): ChildProcess {
    startedAt = performance.now();
    const child = spawnWatchdog();
    child.on("error", (error) => log.warn("watchdog does not start", { error: messageOf(error) }));
    child.stdin?.on("error", () => {});
    child.on("exit", () => {
      if (process !== child) return;
      process = undefined;
      if (groups.size === 0) return;
      log.warn("watchdog ended; starting it again");
      // One that cannot live is only tried again with the next child.
      if (performance.now() - startedAt > 1_000) process = start();
    });
    // It must not keep us alive: it lives for the case that we die.
    child.unref();
    (child.stdin as unknown as { unref?(): void } | null)?.unref?.();
    for (const group of groups) child.stdin?.write(`add ${group}\n`);
    return child;
  }

  return {
    add(group) {
      groups.add(group);
      if (process) process.stdin?.write(`add ${group}\n`);
      else process = start();
    },
    remove(group) {
      groups.delete(group);
      process?.stdin?.write(`del ${group}\n`);
    },
    async close() {
      const child = process;
      process = undefined;
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      await new Promise<void>((resolve) => {
        child.once("exit", () => resolve());
        child.once("error", () => resolve());
        child.ref();
        child.stdin?.end();
      });
    },
  };
}

/**
 * Groups gone after SIGTERM are dropped before SIGKILL, so that a group number used anew meets no signal.
 * The shell's variables are all global: a function must not use a name of its callers.
 */
const POSIX_SCRIPT = `
trap '' INT TERM HUP
groups=
without() {
  kept=
  for known in $groups; do [ "$known" = "$1" ] || kept="$kept $known"; done
  groups=$kept
}
while read -r verb group; do
  without "$group"
  [ "$verb" = add ] && groups="$groups $group"
done
[ -n "$groups" ] || exit 0
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
for second in 1 2; do
  for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null || without "$group"; done
  [ -n "$groups" ] || exit 0
  sleep 1
done
for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && kill -s KILL -- "-$group" 2>/dev/null; done
exit 0
`;

/** The same for Windows, where groups do not exist and a tree is ended by its root. Not tested. */
const WINDOWS_SCRIPT = `
const live = new Set();
require("node:readline").createInterface({ input: process.stdin })
  .on("line", (line) => { const [verb, pid] = line.split(" "); verb === "add" ? live.add(pid) : live.delete(pid); })
  .on("close", () => { for (const pid of live) require("node:child_process").spawnSync("taskkill", ["/pid", pid, "/T", "/F"]); });
`;

function spawnWatchdog(): ChildProcess {
  const options: SpawnOptions = {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    cwd: rootFolder(),
    windowsHide: true,
  };
  return process.platform === "win32"
    ? spawn(process.execPath, ["-e", WINDOWS_SCRIPT], options)
    : spawn("/bin/sh", ["-c", POSIX_SCRIPT, "trestle-watchdog"], {
        ...options,
        env: { PATH: "/usr/bin:/bin" },
      });
}

/** So that it holds nobody's folder busy. */
function rootFolder(): string {
  return process.platform === "win32" ? (process.env.SYSTEMROOT ?? ".") : "/";
}
