import { readFileSync } from "node:fs";
import { text as readText } from "node:stream/consumers";
import { table } from "@trestle/cli";
import { EXIT, TrestleError } from "@trestle/protocol";
import type { ExecuteResult, QueryResult } from "../postgres/database.ts";
import { createGate } from "../postgres/gate.ts";
import { fileFailure } from "../transfer/draft.ts";
import { countFor, repeated } from "./options.ts";
import type { DatabaseCli, Place } from "./place.ts";

interface SqlOptions {
  readonly file?: string;
  readonly param?: string[];
  readonly maxRows?: number;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addSql({ program, runs }: DatabaseCli): void {
  program
    .command("sql")
    .description("run one statement and print its rows")
    .argument("[statement]", "the SQL; - or nothing reads it from stdin")
    .option("--file <path>", "read the SQL from a file")
    .option("--param <text>", "a value for $1, $2 …; may be repeated", repeated)
    .option("--max-rows <number>", "print at most so many rows", countFor("--max-rows"))
    .option("--yes", "do not ask before a statement that destroys")
    .option("--json", "print the answer as JSON")
    .addHelpText("after", EXAMPLES)
    .action(runs(sql));
}

const EXAMPLES = `
Examples:
  trestle-database sql "SELECT * FROM guest WHERE id = $1" --param 7
  trestle-database sql --file report.sql --json
  trestle-database sql "DELETE FROM guest" --database-mode read-write`;

async function sql(place: Place, given: string | undefined, options: SqlOptions): Promise<number> {
  const statement = await statementOf(place, given, options);
  const { state, terminal, signal } = place;
  const { database, guard, limits } = state;
  const limit = { ...limits, signal, ...(options.maxRows ? { maxRows: options.maxRows } : {}) };
  if (database.mode === "read-only") {
    print(place, await database.query(statement, options.param ?? [], limit), options);
    return EXIT.ok;
  }
  // Where names are guarded, only the database can tell what the statement's names mean.
  const { destructive } = await database.read(
    (connection) => createGate(guard).within(connection).check(statement),
    { signal },
  );
  const question = "This statement drops, empties, or writes without a condition. Run it?";
  if (destructive && !(await place.confirm(question, options.yes))) return EXIT.failed;
  const result = await database.execute(statement, options.param ?? [], limit);
  print(place, result, options);
  if (!options.json && result.affectedRows !== null)
    terminal.warn(
      `${result.command}: ${result.affectedRows} ${result.affectedRows === 1 ? "row" : "rows"}.`,
    );
  return EXIT.ok;
}

async function statementOf(
  { process }: Place,
  given: string | undefined,
  { file }: SqlOptions,
): Promise<string> {
  if (file !== undefined) {
    if (given !== undefined) throw usage("Give either a statement or --file.");
    try {
      return readFileSync(file, "utf8");
    } catch (error) {
      throw fileFailure(error, file);
    }
  }
  if (given !== undefined && given !== "-") return given;
  if (process.stdin.isTTY === true)
    throw usage('Say what to run: trestle-database sql "SELECT 1".');
  return readText(process.stdin as never);
}

function usage(message: string): TrestleError {
  return new TrestleError("invalid_input", message);
}

function print(
  { terminal }: Place,
  result: QueryResult | ExecuteResult,
  { json }: SqlOptions,
): void {
  const { columns, rows, rowCount, truncated } = result;
  if (json) {
    terminal.print(JSON.stringify(result, null, 2));
    return;
  }
  if (columns.length === 0) {
    if (!("command" in result) || result.affectedRows === null)
      terminal.print("command" in result ? `${result.command}.` : "Done.");
    return;
  }
  const names = columns.map(({ name }) => name);
  terminal.print(
    table(
      names,
      rows.map((row) => names.map((name) => row[name] ?? null)),
      terminal,
    ),
  );
  const more = truncated ? "; there are more: --max-rows shows more of them, or export them" : "";
  terminal.warn(`${rowCount} ${rowCount === 1 ? "row" : "rows"}${more}.`);
}
