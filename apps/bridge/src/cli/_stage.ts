import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { silentLogger, systemClock } from "@trestle/protocol";
import { COMMANDS } from "./commands.ts";
import { createProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/** The program in this process, before a person who sees all and may answer. */
export interface Stage {
  /** The person's folder, in which the program runs; whoever made the stage removes it. */
  readonly home: string;
  readonly input: PassThrough;
  /** What was printed so far. */
  readonly said: string[];
  /** The exit code, once there is one. */
  readonly code: number | undefined;
  /** Throws what `main.ts` would tell. */
  run(...args: string[]): Promise<unknown>;
  /** As Ctrl-C. */
  stop(): void;
}

export function createStage(): Stage {
  const home = mkdtempSync(join(tmpdir(), "trestle-stage-"));
  const said: string[] = [];
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = Object.assign(new PassThrough(), { isTTY: true });
  output.on("data", (chunk: Buffer) => said.push(chunk.toString("utf8")));
  const stopped = Promise.withResolvers<void>();
  let code: number | undefined;
  const terminal: Terminal = {
    input: input as never,
    output: output as never,
    print: (text) => said.push(text),
    warn: (text) => said.push(text),
    pid: 1,
    command: ["node", "/opt/trestle/bin.js"],
    version: "1",
    log: silentLogger,
    logFile: "",
    clock: systemClock,
    stopped: stopped.promise,
    onHangup: () => () => {},
  };
  const program = createProgram(
    {
      version: "1",
      cwd: home,
      env: { HOME: home, TRESTLE_HOME: join(home, "home"), NO_COLOR: "1" },
      openTerminal: () => terminal,
      setExitCode: (next) => {
        code = next;
      },
      print: (text) => said.push(text),
    },
    COMMANDS,
  );
  return {
    home,
    input,
    said,
    get code() {
      return code;
    },
    run: (...args) => program.parseAsync(["node", "trestle", ...args]),
    stop: () => stopped.resolve(),
  };
}
