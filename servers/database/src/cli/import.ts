import { basename, resolve } from "node:path";
import { createProgressBar } from "@trestle/cli";
import { EXIT, TrestleError } from "@trestle/protocol";
import { openDraft } from "../transfer/draft.ts";
import { openRegular } from "../transfer/folder.ts";
import { delimiterOf, FORMATS, type Format, formatOf } from "../transfer/format.ts";
import { type Imported, importRows } from "../transfer/import.ts";
import type { Conflicts } from "../transfer/insert.ts";
import { knownTarget } from "../transfer/table-source.ts";
import { choiceFor, countFor, delimiterFor, listOf } from "./options.ts";
import type { DatabaseCli, Place } from "./place.ts";

interface ImportOptions {
  readonly table: string;
  readonly schema?: string;
  readonly format?: Format;
  readonly delimiter?: string;
  readonly columns?: string[];
  readonly rejects?: string;
  readonly maxRejects: number;
  readonly onConflict: Conflicts["do"];
  readonly conflictColumns?: string[];
  readonly batchSize: number;
  readonly json?: boolean;
}

const TIMEOUT_MS = 24 * 3_600_000;
const CONFLICTS = ["refuse", "skip", "update"] as const;

export function addImport({ program, runs }: DatabaseCli): void {
  program
    .command("import")
    .description("put the rows of a CSV, JSON or NDJSON file into a table, all of them or none")
    .argument("<file>", "the file; - reads stdin")
    .requiredOption("--table <name>", "the table")
    .option("--schema <name>", "where it is; the search path decides where left out")
    .option(
      "--format <name>",
      `${FORMATS.join(", ")}; the file's ending decides where left out`,
      choiceFor("--format", FORMATS),
    )
    .option("--delimiter <character>", "between the cells of CSV", delimiterFor)
    .option(
      "--columns <names>",
      "of CSV whose first line is no header, separated by commas",
      listOf,
    )
    .option("--rejects <file>", "set wrong rows aside in this new file, and keep the others")
    .option(
      "--max-rejects <number>",
      "more wrong rows than this stop it",
      countFor("--max-rejects"),
      1_000,
    )
    .option(
      "--on-conflict <what>",
      "rows whose key is there: refuse, skip or update",
      choiceFor("--on-conflict", CONFLICTS),
      "refuse",
    )
    .option("--conflict-columns <names>", "the key; the primary key where left out", listOf)
    .option("--batch-size <number>", "rows of one statement", countFor("--batch-size"), 1_000)
    .option("--json", "print what was done as JSON")
    .action(runs(importCommand));
}

/** Exit code 1 where rows were set aside: somebody has to look at them. */
async function importCommand(place: Place, file: string, options: ImportOptions): Promise<number> {
  const { state, terminal, process } = place;
  if (state.database.mode === "read-only")
    throw new TrestleError(
      "denied",
      "This database is read-only, so nothing can be imported: --database-mode read-write allows it.",
    );
  const name = file === "-" ? undefined : file;
  const format = formatOf(name, options.format);
  const source =
    name === undefined ? { bytes: process.stdin, size: undefined } : await openSource(place, name);
  const layout = { format, delimiter: delimiterOf(name, options.delimiter) };
  const result = await put(place, options, layout, source as Source);
  if (options.json) terminal.print(JSON.stringify(result));
  else terminal.print(summaryOf(result, options));
  return result.rejected > 0 ? EXIT.failed : EXIT.ok;
}

interface Source {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly size: number | undefined;
}

async function openSource({ process }: Place, file: string): Promise<Source> {
  const handle = await openRegular(resolve(process.cwd(), file));
  const { size } = await handle.stat();
  return { bytes: handle.createReadStream({ highWaterMark: 256 * 1024 }), size };
}

async function put(
  { state, signal, terminal, clock, process }: Place,
  options: ImportOptions,
  layout: { readonly format: Format; readonly delimiter: string },
  { bytes: source, size }: Source,
): Promise<Imported> {
  const { database, guard, limits } = state;
  const target = await knownTarget(database, options, { guard, signal });
  const { schema, table } = target;
  const { rejects, columns, conflictColumns: key } = options;
  const bar = createProgressBar(terminal, clock);
  try {
    return await importRows(database, target, source, {
      ...{ ...layout, ...(columns ? { columns } : {}), signal },
      ...{ timeoutMs: TIMEOUT_MS, statementTimeoutMs: limits.timeoutMs },
      ...{ batchRows: options.batchSize, maxRejects: options.maxRejects },
      conflicts: { do: options.onConflict, ...(key ? { key } : {}) },
      checkColumns: (names) => guard.checkTable(schema, table, names),
      ...(rejects ? { rejects: () => openDraft(resolve(process.cwd(), rejects)) } : {}),
      onProgress: ({ rows, bytes }) =>
        bar.show(`${rows.toLocaleString("en")} rows`, size ? bytes / size : undefined),
    });
  } finally {
    bar.clear();
  }
}

function summaryOf(
  { rows, skipped, rejected, rejectFile, rejects }: Imported,
  { table }: ImportOptions,
): string {
  const [first] = rejects;
  return [
    `${rows.toLocaleString("en")} rows are in ${table}.`,
    ...(skipped > 0 ? [`${skipped} were there already.`] : []),
    ...(rejected > 0 && first && rejectFile
      ? [
          `${rejected} were refused and are in ${basename(rejectFile)}; line ${first.line}: ${first.reason}`,
        ]
      : []),
  ].join("\n");
}
