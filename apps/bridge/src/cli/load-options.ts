import type { LoadOptions } from "../config/read.ts";
import type { Cli } from "./command.ts";

interface GlobalOptions {
  readonly config?: string;
  readonly envFile?: string;
}

/** Where the configuration is, by the options of every command. */
export function loadOptions({ program, parts: { cwd, env } }: Cli): LoadOptions {
  const { config: file, envFile } = program.opts<GlobalOptions>();
  return { cwd, env, file, envFile };
}
