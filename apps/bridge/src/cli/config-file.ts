import { resolve } from "node:path";
import { readOwner } from "@trestle/store";
import { alone } from "../config/alone.ts";
import { type BridgeFile, readBridgeFile } from "../config/import/bridge-file.ts";
import { type Difference, difference, shownLines } from "../config/import/difference.ts";
import { type Config, loadConfig } from "../config/load.ts";
import { bridgeFolder } from "../home.ts";
import type { Cli } from "./command.ts";
import { paperOf } from "./format.ts";
import type { Terminal } from "./terminal.ts";

/** What a command has that changes the configuration. */
export interface Editing {
  readonly config: Config;
  readonly terminal: Terminal;
  /** The configuration as it is, or is to be. */
  readonly file: BridgeFile;
  readonly cwd: string;
  /** The environment file that was named for it, absolute. */
  readonly envFile: string | undefined;
}

/** What commander calls: the configuration must be good, if it is there at all. One such command works at a time. */
export function edits<Args extends readonly unknown[]>(
  cli: Cli,
  work: (editing: Editing, ...args: Args) => Promise<number> | number,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const { cwd, env } = cli.parts;
    const { config: named, envFile } = cli.program.opts<{ config?: string; envFile?: string }>();
    const path = resolve(cwd, named ?? "trestle.json");
    const config = loadConfig({ cwd, env, file: path, isNew: true, envFile });
    const terminal = cli.parts.openTerminal(config, false);
    await alone({ home: config.home, clock: terminal.clock }, async () => {
      const named = envFile === undefined ? undefined : resolve(cwd, envFile);
      const editing = { config, terminal, file: readBridgeFile(path), cwd, envFile: named };
      cli.parts.setExitCode(await work(editing, ...(args as unknown as Args)));
    });
  };
}

/** What changes in a file, without what nobody may be shown. */
export function differenceLines(
  { terminal, config }: Pick<Editing, "terminal" | "config">,
  difference: Difference,
): string[] {
  const paper = paperOf(terminal, config.env);
  return shownLines(difference).map((line) => {
    if (line.startsWith("+")) return paper.paint("green", line);
    return paper.paint(line.startsWith("-") ? "red" : "dim", line);
  });
}

/** The path of the bridge's configuration, and what changes in it. */
export function bridgeDifference(editing: Editing, after: string): string[] {
  const { path, before = "" } = editing.file;
  const where = { format: "json", path } as const;
  return [path, ...differenceLines(editing, difference(before, after, where))];
}

/** Says how the bridge gets to know of it. */
export function takesEffect({ config }: Pick<Editing, "config">): string {
  return readOwner(bridgeFolder(config.home))
    ? "The bridge that runs in this home picks it up by itself, if it reads this file."
    : "It holds from the next `trestle serve` on.";
}
