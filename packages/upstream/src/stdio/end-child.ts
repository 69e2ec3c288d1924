import type { EndGraces } from "../config.ts";
import type { Child, ProcessRegistry } from "../processes/registry.ts";

/**
 * Ends a child the way the protocol asks for: end of input, then SIGTERM, then SIGKILL, the signals to
 * its whole group. Also for one that ended by itself: it may have left processes behind.
 */
export async function endChild(
  child: Child,
  processes: ProcessRegistry,
  { eofMs, termMs }: EndGraces,
): Promise<void> {
  child.stdin.end();
  await exited(child, eofMs);
  await processes.release(child, termMs);
  await exited(child, termMs);
  child.stdin.destroy();
  child.stdout.destroy();
  child.stderr.destroy();
}

function exited(child: Child, ms: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      child.off("exit", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    child.once("exit", done);
  });
}
