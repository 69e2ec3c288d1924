import type { Config } from "../load.ts";
import type { StdioStart } from "./host.ts";

export interface StartParts {
  /** The words that start this program. */
  readonly command: readonly string[];
  readonly platform: NodeJS.Platform;
  readonly config: Pick<Config, "home" | "env">;
  /** The configuration it is to read, absolute. */
  readonly file: string | undefined;
  /** The environment file that was named for it, absolute. */
  readonly envFile?: string | undefined;
}

/** What a stdio host is told, so that it joins the bridge of this very home. */
export function bridgeStart(parts: StartParts): StdioStart {
  const { command, platform, config, file, envFile } = parts;
  // npx is a script there, which only a shell can start.
  const isScript = platform === "win32" && command[0] === "npx";
  const [program = "", ...words] = isScript ? ["cmd", "/c", ...command] : command;
  const args = [
    ...[...words, "serve", "--stdio"],
    ...(file === undefined ? [] : ["--config", file]),
    ...(envFile === undefined ? [] : ["--env-file", envFile]),
  ];
  const home = config.env.TRESTLE_HOME ? { env: { TRESTLE_HOME: config.home } } : {};
  return { command: program, args, ...home };
}
