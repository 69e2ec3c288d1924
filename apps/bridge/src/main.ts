import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { harmless } from "@trestle/cli/harmless";
import { executionIdOf, messageOf, systemClock } from "@trestle/protocol";
import { createLogger, logLevelOf, withoutSecrets } from "@trestle-mcp/server-kit/serving";
import type { ProgramParts } from "./cli/command.ts";
import { exitCodeOf, isCommanderError } from "./cli/exit-code.ts";
import { readServe, startServe } from "./cli/serve-command.ts";
import type { Terminal } from "./cli/terminal.ts";
import type { Config } from "./config/load.ts";
import { bridgeFolder } from "./home.ts";
import { openLogFile } from "./log-file.ts";

/** Where a person looks on, a hangup means that the window was closed. */
const HAS_WINDOW = process.stdin.isTTY === true;
const STOP_SIGNALS: NodeJS.Signals[] = [
  "SIGINT",
  "SIGTERM",
  ...(HAS_WINDOW ? ["SIGHUP" as const] : []),
];

const { version } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as { version: string };

function openTerminal(config: Config, stdoutIsProtocol: boolean): Terminal {
  const folder = bridgeFolder(config.home);
  const logFile = join(folder, "bridge.log");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const log = createLogger({
    stderr: openLogFile(logFile),
    level: logLevelOf({ debug: config.env.DEBUG }),
  });
  const printTo = stdoutIsProtocol ? process.stderr : process.stdout;
  return {
    input: process.stdin,
    output: process.stdout,
    print: (text) => printOn(printTo, text),
    warn: (text) => printOn(process.stderr, text),
    pid: process.pid,
    command: commandOf(process.argv[1] ?? ""),
    version,
    log: withoutSecrets(log, config.secrets.redact),
    logFile,
    clock: systemClock,
    stopped: new Promise((resolve) => {
      for (const signal of STOP_SIGNALS) process.once(signal, resolve);
    }).then(() => {}),
    onHangup(listener) {
      if (HAS_WINDOW) return () => {};
      process.on("SIGHUP", listener);
      return () => process.off("SIGHUP", listener);
    },
  };
}

/** A program that reads what is printed gets it as it is. */
function printOn(stream: NodeJS.WriteStream, text: string): void {
  stream.write(`${stream.isTTY ? harmless(text) : text}\n`);
}

/** npx keeps what it fetched only for a while: there the name of the package lasts longer than the path. */
function commandOf(script: string): string[] {
  return script.includes("_npx")
    ? ["npx", "-y", "@trestle-mcp/bridge"]
    : [process.execPath, resolve(script)];
}

async function run(words: readonly string[], parts: ProgramParts): Promise<void> {
  const asked = readServe(words);
  if (asked) return startServe(parts, asked);
  const { commandsFor, createProgram } = await import("./cli/program.ts");
  const program = createProgram(parts, await commandsFor(words));
  await program.parseAsync(process.argv);
}

try {
  await run(process.argv.slice(2), {
    version,
    cwd: process.cwd(),
    env: process.env,
    openTerminal,
    print: (text) => void process.stdout.write(`${text}\n`),
    setExitCode: (code) => {
      process.exitCode = code;
    },
  });
} catch (error) {
  if (!isCommanderError(error)) {
    printOn(process.stderr, `trestle: ${messageOf(error)}`);
    const executionId = executionIdOf(error);
    if (executionId !== undefined) {
      process.stderr.write(`What happened: trestle why ${executionId}\n`);
    }
  }
  process.exitCode = exitCodeOf(error);
}
// A host that keeps our stdin open must not keep us alive: the work is done.
process.stdin.destroy();
