import type { Command } from "commander";
import { type Config, loadConfig } from "../config/load.ts";
import { loadOptions } from "./load-options.ts";
import type { Terminal } from "./terminal.ts";

export interface ProgramParts {
  readonly version: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Makes the terminal once the configuration tells where the log goes. */
  readonly openTerminal: (config: Config, stdoutIsProtocol: boolean) => Terminal;
  readonly setExitCode: (code: number) => void;
  /** Writes to stdout, for commands that need no terminal. */
  readonly print: (text: string) => void;
}

/** What every command is added to. */
export interface Cli {
  readonly program: Command;
  readonly parts: ProgramParts;
}

/** Where a command runs. */
export interface Place {
  readonly config: Config;
  readonly terminal: Terminal;
}

export function load(cli: Cli): Config {
  return loadConfig(loadOptions(cli));
}

/** What commander calls: reads the configuration, opens the terminal, ends with the exit code. */
export function runs<Args extends readonly unknown[]>(
  cli: Cli,
  work: (place: Place, ...args: Args) => Promise<number>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const config = load(cli);
    const place = { config, terminal: cli.parts.openTerminal(config, false) };
    cli.parts.setExitCode(await work(place, ...(args as unknown as Args)));
  };
}
