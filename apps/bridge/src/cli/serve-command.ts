import { parseArgs } from "node:util";
import { loadAtStart } from "../config/load-at-start.ts";
import type { Config, LoadOptions } from "../config/read.ts";
import type { ProgramParts } from "./command.ts";
import { serve } from "./serve.ts";

export interface ServeOptions {
  readonly stdio?: boolean | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

/** What `trestle serve` was asked for. */
export interface AskedServe {
  readonly where: Pick<LoadOptions, "file" | "envFile">;
  readonly options: ServeOptions;
}

export async function startServe(
  parts: ProgramParts,
  { where, options: { stdio = false, ...http } }: AskedServe,
): Promise<void> {
  const { cwd, env, version } = parts;
  const address = readAddress(http);
  const config = withAddress(await loadAtStart({ cwd, env, ...where, version }), address);
  parts.setExitCode(await serve({ config, terminal: parts.openTerminal(config, stdio), stdio }));
}

/**
 * The words of a `trestle serve` that is written as every host writes it: then the library that reads
 * command lines need not be loaded. All else is for that to read, and to answer.
 */
export function readServe(args: readonly string[]): AskedServe | undefined {
  try {
    const { values, tokens } = parseArgs({
      args: [...args],
      allowPositionals: true,
      tokens: true,
      options: {
        config: { type: "string" },
        "env-file": { type: "string" },
        stdio: { type: "boolean" },
        host: { type: "string" },
        port: { type: "string" },
      },
    });
    const [command, ...others] = tokens.filter(({ kind }) => kind !== "option");
    if (command?.kind !== "positional" || command.value !== "serve") return undefined;
    const isEarly = (token: (typeof tokens)[number]): boolean =>
      token.kind === "option" && token.index < command.index && !GLOBAL.includes(token.name);
    if (others.length > 0 || tokens.some(isEarly)) return undefined;
    const { config: file, "env-file": envFile, ...options } = values;
    return { where: { file, envFile }, options };
  } catch {
    return undefined;
  }
}

/** Options that may stand before the command. */
const GLOBAL = ["config", "env-file"];

type Address = Partial<Pick<Config["http"], "host" | "port">>;

function readAddress({ host, port }: Pick<ServeOptions, "host" | "port">): Address {
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: readPort(port) }),
  };
}

function withAddress(config: Config, address: Address): Config {
  return {
    ...config,
    http: { ...config.http, ...address },
    given: Object.keys(address).map((name) => `http.${name}`),
    again: async () => withAddress(await config.again(), address),
  };
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw Object.assign(new Error(`--port must be a number from 0 to 65535, not "${text}".`), {
    code: "invalid_config",
  });
}
