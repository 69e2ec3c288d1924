import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const bin = fileURLToPath(new URL("./fixtures/sample/bin.ts", import.meta.url));

export interface SampleProcess {
  readonly child: ChildProcess;
  readonly home: string;
  stderr(): string;
  /** Resolves with the first part of the log that matches. */
  logged(pattern: RegExp): Promise<RegExpExecArray>;
  readonly exited: Promise<number | string>;
}

export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), "trestle-sample-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  return home;
}

/** The sample server in a process of its own, ended with the test. */
export function startSample(
  args: readonly string[],
  options: { home?: string; env?: Record<string, string>; bin?: string } = {},
): SampleProcess {
  const home = options.home ?? makeHome();
  const child = spawn(process.execPath, [options.bin ?? bin, ...args], {
    cwd: home,
    env: { PATH: process.env.PATH ?? "", TRESTLE_HOME: join(home, "data"), ...options.env },
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const exited = once(child, "close").then(([code, signal]) => code ?? signal);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  return {
    child,
    home,
    stderr: () => stderr,
    exited,
    async logged(pattern) {
      for (;;) {
        const found = pattern.exec(stderr);
        if (found) return found;
        const ended = await Promise.race([
          once(child.stderr, "data").then(() => false),
          exited.then(() => true),
        ]);
        if (ended && !pattern.test(stderr)) throw new Error(`The sample server ended: ${stderr}`);
      }
    },
  };
}
