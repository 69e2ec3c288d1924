import { spawn } from "node:child_process";
import { once } from "node:events";
import { programOf } from "@trestle/testkit/run";
import { nodeEnvironment } from "@trestle/testkit/surroundings";

const PROGRAM = await programOf(new URL("../src/bin.ts", import.meta.url));

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RanIn {
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Sends Ctrl-C once the process has said that much to its log, or at once. */
  readonly interruptWhen?: () => Promise<unknown>;
}

/** Runs `trestle ARGS` in a home, in its folder, to its end. */
export async function trestle(args: readonly string[], where: RanIn): Promise<Ran> {
  const { home, env, input = "", interruptWhen } = where;
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: home,
    env: { ...nodeEnvironment(), HOME: home, TRESTLE_HOME: home, ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString("utf8");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString("utf8");
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const closed = once(child, "close");
  if (interruptWhen) {
    await interruptWhen();
    child.kill("SIGINT");
  }
  const [code] = await closed;
  return { code: Number(code), stdout, stderr };
}
