import { EXIT, exitCodeOf, isCommanderError, messageOf } from "@trestle/protocol";
import { renderHelp } from "@trestle-mcp/server-kit";
import { Command } from "commander";
import { server } from "../server.ts";
import { addAsking } from "./asking.ts";
import { addIndex } from "./index-care.ts";
import { inPlace, type Place, splitWords } from "./place.ts";
import { addSetup } from "./setup.ts";
import { addTelling } from "./telling.ts";
import { type CliProcess, openTerminal } from "./terminal.ts";

/** What every command is added to. */
export interface Cli {
  readonly program: Command;
  /** What commander calls: opens the knowledge and ends with the exit code. */
  runs<Args extends readonly unknown[]>(
    work: (place: Place, ...args: Args) => Promise<number>,
  ): (...args: unknown[]) => Promise<void>;
}

const SETTINGS_HELP = `
Settings are those of the server: --knowledge-data-dir <path>, --r2-audit-bucket <name> …, or their variables, or .env.
All of them: trestle-knowledge --help`;

/** Runs one command, and resolves with its exit code. */
export async function run(words: readonly string[], process: CliProcess): Promise<number> {
  const { settings, rest } = splitWords(words);
  let code: number = EXIT.ok;
  const program = createProgram(process);
  addCommands({
    program,
    runs:
      (work) =>
      async (...args) => {
        code = await inPlace(settings, process, (place) => work(place, ...(args as never)));
      },
  });
  try {
    await program.parseAsync([...rest], { from: "user" });
    return code;
  } catch (error) {
    if (!isCommanderError(error))
      openTerminal(process).warn(`trestle-knowledge: ${messageOf(error)}`);
    return exitCodeOf(error);
  }
}

/** The server's help and the commands'. */
export async function help(words: readonly string[], process: CliProcess): Promise<number> {
  if (words[0] === "help" && words.length > 1) return run([...words.slice(1), "--help"], process);
  const program = createProgram(process);
  addCommands({ program, runs: () => async () => {} });
  const commands = program.commands.map(
    (command) => `  ${command.name().padEnd(10)}${command.description()}`,
  );
  process.stdout.write(
    [
      renderHelp(server).trimEnd(),
      "",
      "Commands, which take the same settings (trestle-knowledge COMMAND --help):",
      ...commands,
      "",
    ].join("\n"),
  );
  return EXIT.ok;
}

function addCommands(cli: Cli): void {
  addSetup(cli);
  addAsking(cli);
  addTelling(cli);
  addIndex(cli);
  for (const command of everyCommand(cli.program)) command.addHelpText("after", SETTINGS_HELP);
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((each) => [each, ...everyCommand(each)]);
}

function createProgram({ stdout, stderr }: CliProcess): Command {
  return new Command("trestle-knowledge")
    .description("What is known of errors and their fixes, from the command line.")
    .showSuggestionAfterError()
    .showHelpAfterError("(trestle-knowledge --help shows all commands and settings)")
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })
    .exitOverride();
}
