import { type Clock, type Logger, systemClock } from "@trestle/protocol";
import { parseConfig, parseFlags, readSurroundings } from "@trestle-mcp/server-kit";
import { confirm } from "./confirm.ts";
import type { CliSpec, Opened } from "./create-cli.ts";
import { type CliProcess, openTerminal, type Terminal } from "./terminal.ts";

const A_DAY_MS = 86_400_000;

/** Where a command of a server runs. */
export interface Place<Config> {
  readonly config: Config;
  /** The server's own folder. */
  readonly dataDir: string;
  readonly terminal: Terminal;
  readonly process: CliProcess;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Asks a person for a yes. Throws `denied` where nobody can be asked. */
  confirm(question: string, yes: boolean | undefined): Promise<boolean>;
}

/** Opens what a command works with, and closes it when the command is done. */
export async function inPlace<Config, Own extends Opened>(
  { server, config: schema, open }: Pick<CliSpec<Config, Own>, "server" | "config" | "open">,
  settings: readonly string[],
  process: CliProcess,
  work: (place: Place<Config> & Own) => Promise<number>,
): Promise<number> {
  const flags = parseFlags(settings, server.configFields);
  const surroundings = readSurroundings(server, flags, process as never);
  const config = parseConfig(schema, server.configFields, surroundings.settings) as Config;
  const { dataDir, log } = surroundings;
  const clock = systemClock;
  const own = await open({ config, dataDir, clock, log });
  const terminal = openTerminal(process);
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // Who reads only the first lines is no failure.
  process.stdout.on("error", stop);
  const { signal } = controller;
  // Timers of the clock do not keep a process alive, and a command may wait for nothing else.
  const alive = setInterval(() => {}, A_DAY_MS);
  try {
    return await work({
      ...own,
      ...{ config, dataDir, terminal, process, clock, log, signal },
      confirm: (question, yes) => confirm(question, yes, { process, terminal, signal }),
    });
  } finally {
    clearInterval(alive);
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    process.stdout.off("error", stop);
    terminal.status("");
    await own.close();
  }
}
