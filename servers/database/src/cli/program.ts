import { messageOf } from "@trestle/protocol";
import { renderHelp } from "@trestle-mcp/server-kit";
import { Command } from "commander";
import { server } from "../server.ts";
import { addDoctor } from "./doctor.ts";
import { exitCodeOf, isCommanderError } from "./exit-code.ts";
import { addExport } from "./export.ts";
import { addImport } from "./import.ts";
import { COMMAND_NAMES } from "./main.ts";
import { addMigrate } from "./migrate.ts";
import { inPlace, type Place, splitWords } from "./place.ts";
import { addSql } from "./sql.ts";
import { addTables } from "./tables.ts";
import { type CliProcess, openTerminal } from "./terminal.ts";

/** What every command is added to. */
export interface Cli {
  readonly program: Command;
  /** What commander calls: opens the database and ends with the exit code. */
  runs<Args extends readonly unknown[]>(
    work: (place: Place, ...args: Args) => Promise<number>,
  ): (...args: unknown[]) => Promise<void>;
}

const ADD = {
  sql: addSql,
  tables: addTables,
  export: addExport,
  import: addImport,
  migrate: addMigrate,
  doctor: addDoctor,
};

const SETTINGS_HELP = `
Settings are those of the server: --database-url <url>, --database-mode <mode> …, or their variables, or .env.
All of them: trestle-database --help`;

/** Runs one command, and resolves with its exit code. */
export async function run(words: readonly string[], process: CliProcess): Promise<number> {
  const { settings, rest } =
    words[0] === "help" ? { settings: [], rest: [...words] } : splitWords(words);
  let code = 0;
  const cli: Cli = {
    program: createProgram(process),
    runs:
      (work) =>
      async (...args) => {
        code = await inPlace(settings, process, (place) => work(place, ...(args as never)));
      },
  };
  for (const name of COMMAND_NAMES) ADD[name](cli);
  for (const command of everyCommand(cli.program)) command.addHelpText("after", SETTINGS_HELP);
  try {
    await cli.program.parseAsync([...rest], { from: "user" });
    return code;
  } catch (error) {
    if (!isCommanderError(error))
      openTerminal(process).warn(`trestle-database: ${messageOf(error)}`);
    return exitCodeOf(error);
  }
}

function createProgram({ stdout, stderr }: CliProcess): Command {
  return new Command("trestle-database")
    .description("A Postgres from the command line, by the rules of the MCP server.")
    .showSuggestionAfterError()
    .showHelpAfterError("(trestle-database --help shows all commands and settings)")
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })
    .exitOverride();
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((each) => [each, ...everyCommand(each)]);
}

/** The server's help and the commands'. */
export async function help(words: readonly string[], process: CliProcess): Promise<number> {
  if (words[0] === "help" && words.length > 1) return run([...words.slice(1), "--help"], process);
  const cli: Cli = { program: createProgram(process), runs: () => async () => {} };
  for (const name of COMMAND_NAMES) ADD[name](cli);
  const width = Math.max(...COMMAND_NAMES.map((name) => name.length)) + 2;
  const commands = cli.program.commands.map(
    (command) => `  ${command.name().padEnd(width)}${command.description()}`,
  );
  process.stdout.write(
    [
      renderHelp(server).trimEnd(),
      "",
      "Commands, which take the same settings (trestle-database COMMAND --help):",
      ...commands,
      "",
    ].join("\n"),
  );
  return 0;
}
