import {
  type Clock,
  EXIT,
  exitCodeOf,
  isCommanderError,
  type Logger,
  messageOf,
} from "@trestle/protocol";
import { type parseConfig, renderHelp } from "@trestle-mcp/server-kit";
import { Command } from "commander";
import { inPlace, type Place } from "./place.ts";
import { type CliProcess, openTerminal } from "./terminal.ts";
import { splitWords } from "./words.ts";

/** What commands of one server work with, opened for one command. */
export interface Opened {
  close(): Promise<void>;
}

/** The command line of one server. */
export interface CliSpec<Config, Own extends Opened> {
  /** Of the program: `trestle-database`. */
  readonly name: string;
  readonly description: string;
  /** A few of its settings as flags, for the end of each command's help. */
  readonly settings: string;
  readonly server: Parameters<typeof renderHelp>[0];
  /** The schema of its configuration. */
  readonly config: Parameters<typeof parseConfig>[0];
  open(parts: {
    readonly config: Config;
    readonly dataDir: string;
    readonly clock: Clock;
    readonly log: Logger;
  }): Own | Promise<Own>;
  /** Adds every command, in the order of `--help`. */
  add(cli: Cli<Place<Config> & Own>): void;
}

/** What every command is added to. */
export interface Cli<Where> {
  readonly program: Command;
  /** What commander calls: opens what the command works with, and ends with the exit code. */
  runs<Args extends readonly unknown[]>(
    work: (place: Where, ...args: Args) => Promise<number>,
  ): (...args: unknown[]) => Promise<void>;
}

/** Both resolve with the exit code. */
export interface ServerCli {
  /** Runs one command. */
  run(words: readonly string[], process: CliProcess): Promise<number>;
  /** The server's help and the commands', or one command's. */
  help(words: readonly string[], process: CliProcess): Promise<number>;
}

/** Commands that take the server's own settings, as flags, variables or `.env`. */
export function createCli<Config, Own extends Opened>(spec: CliSpec<Config, Own>): ServerCli {
  const { name, server } = spec;
  const more = `
Settings are those of the server: ${spec.settings} …, or their variables, or .env.
All of them: ${name} --help`;

  function createProgram(process: CliProcess, runs: Cli<Place<Config> & Own>["runs"]): Command {
    const program = emptyProgram(spec, process);
    spec.add({ program, runs });
    for (const command of everyCommand(program)) command.addHelpText("after", more);
    return program;
  }

  async function run(words: readonly string[], process: CliProcess): Promise<number> {
    const { settings, rest } =
      words[0] === "help"
        ? { settings: [], rest: [...words] }
        : splitWords(words, server.configFields);
    let code: number = EXIT.ok;
    const program = createProgram(process, (work) => async (...args) => {
      code = await inPlace(spec, settings, process, (place) => work(place, ...(args as never)));
    });
    try {
      await program.parseAsync([...rest], { from: "user" });
      return code;
    } catch (error) {
      if (!isCommanderError(error)) openTerminal(process).warn(`${name}: ${messageOf(error)}`);
      return exitCodeOf(error);
    }
  }

  async function help(words: readonly string[], process: CliProcess): Promise<number> {
    if (words[0] === "help" && words.length > 1) return run([...words.slice(1), "--help"], process);
    const { commands } = createProgram(process, () => async () => {});
    const width = Math.max(...commands.map((command) => command.name().length)) + 2;
    process.stdout.write(
      [
        renderHelp(server, name).trimEnd(),
        "",
        `Commands, which take the same settings (${name} COMMAND --help):`,
        ...commands.map((each) => `  ${each.name().padEnd(width)}${each.description()}`),
        "",
      ].join("\n"),
    );
    return EXIT.ok;
  }

  return { run, help };
}

function emptyProgram(
  { name, description }: { readonly name: string; readonly description: string },
  { stdout, stderr }: CliProcess,
): Command {
  return new Command(name)
    .description(description)
    .showSuggestionAfterError()
    .showHelpAfterError(`(${name} --help shows all commands and settings)`)
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })
    .exitOverride();
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((each) => [each, ...everyCommand(each)]);
}
