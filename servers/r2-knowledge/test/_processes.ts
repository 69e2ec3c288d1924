import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { nodeEnvironment } from "@trestle/testkit/surroundings";
import { onTestFinished } from "vitest";

export interface Running {
  /** What it said so far, a JSON value a line; grows while it runs. */
  readonly said: Record<string, unknown>[];
  kill(): void;
  readonly closed: Promise<unknown>;
}

/** A program beside the tests, which says what it did in lines of JSON. */
export function start(program: string, ...args: readonly string[]): Running {
  const script = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], {
    env: nodeEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    // What was cut off in the middle of its line was told to nobody.
    if (line.endsWith("}")) said.push(JSON.parse(line));
  });
  const kill = () => void child.kill("SIGKILL");
  onTestFinished(kill);
  return { said, kill, closed: once(child, "close") };
}
