import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { CodeBlock } from "./_markdown.ts";

/** What one block of a tour did. */
export interface Stop {
  readonly block: CodeBlock;
  /** Exit code; nothing for a block that was left running. */
  readonly code: number | null;
  /** Everything it printed. */
  readonly output: string;
}

export interface TourOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** For each block. */
  readonly limitMs: number;
}

/**
 * Runs the blocks marked ```` ```sh tour ````, one after the other, each in a shell of its own in the
 * same folder. A block marked `tour running` stays in the background once it has printed a local web
 * address, as a reader leaves it in a second terminal; all of those end with the tour.
 */
export async function runTour(blocks: readonly CodeBlock[], options: TourOptions): Promise<Stop[]> {
  const running: Shell[] = [];
  const stops: Stop[] = [];
  try {
    for (const block of blocks.filter(isTour)) {
      const shell = startShell(block, options);
      running.push(shell);
      const isLeft = block.marks.includes("running");
      const code = await within(options.limitMs, block, isLeft ? shell.serving : shell.ended);
      stops.push({ block, code, output: shell.output() });
      if (code !== 0 && code !== null) break;
    }
  } finally {
    await Promise.all(running.map((shell) => shell.stop()));
  }
  return stops;
}

export function isTour({ language, marks }: CodeBlock): boolean {
  return language === "sh" && marks.includes("tour");
}

interface Shell {
  readonly ended: Promise<number | null>;
  /** Settles with nothing at the first local web address printed, or with the exit code. */
  readonly serving: Promise<number | null>;
  output(): string;
  stop(): Promise<void>;
}

function startShell({ text }: CodeBlock, { cwd, env }: TourOptions): Shell {
  const child = spawn("bash", ["-euo", "pipefail", "-c", text], {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close").then(([code]) => (code as number | null) ?? 1);
  let output = "";
  const serving = new Promise<null>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString("utf8");
        if (/http:\/\/(?:127\.0\.0\.1|localhost):\d+/.test(output)) resolve(null);
      });
    }
  });
  return {
    ended,
    serving: Promise.race([serving, ended]),
    output: () => output,
    async stop() {
      signalGroup(child, "SIGTERM");
      const timer = setTimeout(() => signalGroup(child, "SIGKILL"), 5_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function within<Value>(ms: number, block: CodeBlock, work: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`The block in line ${block.line} took longer than ${ms} ms.`)),
    ms,
  );
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

/** The shell and all that it started; gone already is fine. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // Nobody of that group is left.
  }
}
