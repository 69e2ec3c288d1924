import { resolve } from "node:path";
import { createProgressBar } from "@trestle/cli";
import { EXIT, TrestleError } from "@trestle/protocol";
import { openDraft } from "../transfer/draft.ts";
import { type Exported, exportRows } from "../transfer/export.ts";
import { delimiterOf, FORMATS, type Format, formatOf } from "../transfer/format.ts";
import { tableSource } from "../transfer/table-source.ts";
import { choiceFor, delimiterFor, listOf, repeated } from "./options.ts";
import type { DatabaseCli, Place } from "./place.ts";

interface ExportOptions {
  readonly table?: string;
  readonly schema?: string;
  readonly columns?: string[];
  readonly sql?: string;
  readonly param?: string[];
  readonly out?: string;
  readonly format?: Format;
  readonly delimiter?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** For all of it; each batch has the configured time of a statement. */
const TIMEOUT_MS = 24 * 3_600_000;

export function addExport({ program, runs }: DatabaseCli): void {
  program
    .command("export")
    .description("write the rows of a table or a statement as CSV, JSON or NDJSON")
    .option("--table <name>", "the table or view")
    .option("--schema <name>", "where it is; the search path decides where left out")
    .option("--columns <names>", "of the table, separated by commas; all where left out", listOf)
    .option("--sql <statement>", "a statement that reads, instead of a table")
    .option("--param <text>", "a value for $1, $2 … of it; may be repeated", repeated)
    .option("--out <file>", "a new file; stdout where left out")
    .option("--force", "replace the file where there is one")
    .option(
      "--format <name>",
      `${FORMATS.join(", ")}; the file's ending decides where left out`,
      choiceFor("--format", FORMATS),
    )
    .option("--delimiter <character>", "between the cells of CSV", delimiterFor)
    .option("--json", "print what was done as JSON, where it goes to a file")
    .action(runs(exportCommand));
}

async function exportCommand(place: Place, options: ExportOptions): Promise<number> {
  const { out } = options;
  const format = formatOf(out, options.format ?? (out === undefined ? "csv" : undefined));
  const layout = { format, delimiter: delimiterOf(out, options.delimiter) };
  if (out === undefined) {
    await write(place, options, layout, (text) => toStdout(place, text));
    return EXIT.ok;
  }
  const path = resolve(place.process.cwd(), out);
  const draft = await openDraft(path, { replace: options.force === true });
  try {
    const exported = await write(place, options, layout, draft.write);
    await draft.keep();
    const { terminal } = place;
    if (options.json) terminal.print(JSON.stringify({ ...exported, file: path }));
    else terminal.print(`${exported.rows.toLocaleString("en")} rows are in ${path}.`);
    return EXIT.ok;
  } finally {
    await draft.discard();
  }
}

async function write(
  { state, signal, terminal, clock }: Place,
  { table, schema, columns, sql, param }: ExportOptions,
  layout: { readonly format: Format; readonly delimiter: string },
  take: (text: string) => Promise<void>,
): Promise<Exported> {
  const { database, guard, limits } = state;
  if ((table === undefined) === (sql === undefined))
    throw new TrestleError("invalid_input", "Give either --table or --sql.");
  const asking = { guard, signal };
  const source =
    table === undefined
      ? { sql: sql ?? "", params: param ?? [] }
      : await tableSource(database, { table, schema, columns }, asking);
  const bar = createProgressBar(terminal, clock);
  try {
    return await exportRows(database, source, take, {
      ...{ ...layout, guard, signal },
      ...{ timeoutMs: TIMEOUT_MS, statementTimeoutMs: limits.timeoutMs },
      onProgress: ({ rows }) => bar.show(`${rows.toLocaleString("en")} rows`),
    });
  } finally {
    bar.clear();
  }
}

/** As quickly as it is read, and no further where nobody reads any more. */
function toStdout({ process: { stdout }, signal }: Place, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
