import { Command } from "commander";
import type { Cli, ProgramParts } from "./command.ts";
import { addExamples } from "./examples.ts";
import { loadOptions } from "./load-options.ts";
import { type ServeOptions, startServe } from "./serve-command.ts";

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
  addExamples(program);
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
    .action((options: ServeOptions) => startServe(parts, { where: loadOptions(cli), options }));
}

const SERVE_EXAMPLES = `
Examples:
  trestle serve
  trestle serve --stdio
  trestle serve --config team.json --port 0`;
