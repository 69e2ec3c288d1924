import { Command } from "commander";
import type { Config } from "../config/load.ts";
import { loadAtStart } from "../config/load-at-start.ts";
import type { Cli, ProgramParts } from "./command.ts";
import { loadOptions } from "./load-options.ts";
import { serve } from "./serve.ts";

/** Adds one command, or a group of them. */
export type AddCommand = (cli: Cli) => void;

/** The commands of `trestle`. Every one reads the configuration first and ends with an exit code. */
export function createProgram(parts: ProgramParts, commands: readonly AddCommand[]): Command {
  const program = new Command("trestle")
    .description("One MCP endpoint for many MCP servers.")
    .version(parts.version)
    .option(
      "--config <file>",
      "configuration file (default: trestle.json of this folder, if there)",
    )
    .option("--env-file <file>", "environment file (default: .env beside the configuration)")
    .showSuggestionAfterError()
    .showHelpAfterError("(trestle --help shows all commands)")
    .exitOverride();
  const cli = { program, parts };
  for (const add of commands) add(cli);
  return program;
}

/** Those that may be meant by these words: what a host starts every day loads nothing else. */
export async function commandsFor(words: readonly string[]): Promise<readonly AddCommand[]> {
  if (firstWordOf(words) === "serve") return [addServe];
  return (await import("./commands.ts")).COMMANDS;
}

/** What is no option, and no value of one. */
function firstWordOf(words: readonly string[]): string | undefined {
  const valued = ["--config", "--env-file"];
  return words.find(
    (word, index) => !word.startsWith("-") && !valued.includes(words[index - 1] ?? ""),
  );
}

export function addServe(cli: Cli): void {
  const { program, parts } = cli;
  program
    .command("serve")
    .description("serve the bridge over HTTP, or over stdio for one host")
    .option("--stdio", "speak MCP on stdin and stdout; joins a bridge that runs in this home")
    .option("--host <address>", "address to listen on")
    .option("--port <number>", "port to listen on; 0 takes a free one")
    .addHelpText("after", SERVE_EXAMPLES)
    .action(async ({ stdio = false, ...http }: HttpOptions & { stdio?: boolean }) => {
      const address = readAddress(http);
      const { version } = parts;
      const config = withAddress(await loadAtStart({ ...loadOptions(cli), version }), address);
      parts.setExitCode(
        await serve({ config, terminal: parts.openTerminal(config, stdio), stdio }),
      );
    });
}

const SERVE_EXAMPLES = `
Examples:
  trestle serve
  trestle serve --stdio
  trestle serve --config team.json --port 0`;

interface HttpOptions {
  readonly host?: string;
  readonly port?: string;
}

type Address = Partial<Pick<Config["http"], "host" | "port">>;

function readAddress({ host, port }: HttpOptions): Address {
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: readPort(port) }),
  };
}

function withAddress(config: Config, address: Address): Config {
  return {
    ...config,
    http: { ...config.http, ...address },
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
