import { type JsonValue, TrestleError } from "@trestle/protocol";
import type { Connection } from "../drivers/driver.ts";
import { checkWritten } from "../guard/tables.ts";
import type { Database } from "../postgres/database.ts";
import { type BadRow, type DecodeOptions, decode, isBad, type SourceRow } from "./decode.ts";
import type { Draft } from "./draft.ts";
import { STATEMENT_TIMEOUT } from "./export.ts";
import { type Conflicts, createInserter } from "./insert.ts";
import type { Target } from "./target.ts";
import { textOfCsv, textOfJson } from "./texts.ts";

export interface ImportOptions extends DecodeOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole of it. */
  readonly timeoutMs: number;
  /** Milliseconds for each batch. */
  readonly statementTimeoutMs: number;
  /** Rows of one statement. */
  readonly batchRows: number;
  readonly conflicts: Conflicts;
  /**
   * Where rows go that are wrong or that the table does not take, made when there is one. Without it the
   * first such row is the end, and nothing is imported.
   */
  readonly rejects?: () => Promise<Draft>;
  /** More refused rows than this are the end. */
  readonly maxRejects: number;
  /** Throws where the rules forbid to write these columns. */
  readonly checkColumns: (columns: readonly string[]) => void;
  /** After every batch. */
  readonly onProgress?: (done: Pick<Imported, "rows" | "rejected" | "bytes">) => void;
}

/** A row that was not imported. */
export interface Reject {
  /** The line of the file that it starts in, counted from 1. */
  readonly line: number;
  readonly reason: string;
  readonly row: JsonValue;
}

export interface Imported {
  /** Rows that were written. */
  readonly rows: number;
  /** Rows whose key was there already and that were left as they are. */
  readonly skipped: number;
  readonly rejected: number;
  /** The first of them. */
  readonly rejects: readonly Reject[];
  /** Where all of them are. */
  readonly rejectFile?: string;
  readonly bytes: number;
}

const SHOWN_REJECTS = 20;
/** A batch ends here too, so that long rows do not fill the memory. */
const BATCH_CHARACTERS = 4_000_000;

/**
 * Puts the rows of a file into a table, in one transaction: whatever ends it early, nothing of it is left.
 * Throws `denied` for a table of the system, and `invalid_input` naming the line of the first row that is
 * wrong, unless there is a place for rejects.
 */
export async function importRows(
  database: Pick<Database, "write">,
  target: Target,
  input: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<Imported> {
  checkWritten(target.schema, target.table);
  const { signal, timeoutMs } = options;
  const work = (connection: Connection) => runImport(connection, target, input, options);
  return database.write(work, { timeoutMs, ...(signal ? { signal } : {}) });
}

async function runImport(
  connection: Connection,
  target: Target,
  input: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<Imported> {
  const { conflicts, checkColumns, batchRows, format } = options;
  const rejects = createRejects(options);
  const toText = format === "csv" ? textOfCsv : textOfJson;
  const stopAtFirst = options.rejects === undefined;
  const inserter = createInserter({
    connection,
    target,
    conflicts,
    toText,
    checkColumns,
    stopAtFirst,
  });
  const counted = countBytes(input);
  let rows = 0;
  let skipped = 0;
  await connection.run(STATEMENT_TIMEOUT, [String(options.statementTimeoutMs)]);
  try {
    for await (const batch of inBatches(decode(counted.input, options), batchRows)) {
      for (const bad of batch.bad)
        await rejects.add({ line: bad.line, reason: bad.problem, row: bad.row });
      for (const shape of batch.shapes.values()) {
        const { written, refused } = await inserter.insert(shape);
        rows += written;
        skipped += shape.length - written - refused.length;
        for (const { row, problem } of refused)
          await rejects.add({ line: row.line, reason: problem, row: objectOf(row) });
      }
      options.onProgress?.({ rows, rejected: rejects.count, bytes: counted.bytes });
    }
    // The last that can fail is the commit: rows without a word about what is missing would be worse.
    const rejectFile = await rejects.keep();
    return {
      ...{ rows, skipped, rejected: rejects.count, rejects: rejects.first, bytes: counted.bytes },
      ...(rejectFile === undefined ? {} : { rejectFile }),
    };
  } finally {
    await rejects.discard();
  }
}

interface Batch {
  readonly shapes: Map<readonly string[], SourceRow[]>;
  readonly bad: BadRow[];
}

/** Rows that go in together, those of one shape beside each other. */
async function* inBatches(
  source: AsyncIterable<readonly (SourceRow | BadRow)[]>,
  most: number,
): AsyncGenerator<Batch> {
  let batch: Batch = { shapes: new Map(), bad: [] };
  let count = 0;
  let characters = 0;
  for await (const rows of source) {
    for (const row of rows) {
      if (isBad(row)) batch.bad.push(row);
      else {
        const alike = batch.shapes.get(row.keys);
        if (alike) alike.push(row);
        else batch.shapes.set(row.keys, [row]);
        characters += row.size;
      }
      count += 1;
      if (count < most && characters < BATCH_CHARACTERS) continue;
      yield batch;
      batch = { shapes: new Map(), bad: [] };
      count = 0;
      characters = 0;
    }
  }
  if (count > 0) yield batch;
}

function objectOf({ keys, values }: SourceRow): JsonValue {
  return Object.fromEntries(keys.map((key, at) => [key, values[at] ?? null]));
}

function countBytes(source: AsyncIterable<Uint8Array>) {
  let bytes = 0;
  async function* read(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  return {
    input: read(),
    get bytes() {
      return bytes;
    },
  };
}

/** The rows that were not taken: all in a file, the first of them to show. */
function createRejects({ rejects: open, maxRejects }: ImportOptions) {
  const first: Reject[] = [];
  let draft: Draft | undefined;
  let count = 0;

  return {
    first,
    get count() {
      return count;
    },
    async add(reject: Reject): Promise<void> {
      if (open === undefined) throw firstRefusal(reject);
      count += 1;
      if (count > maxRejects) throw tooMany(maxRejects, reject);
      if (first.length < SHOWN_REJECTS) first.push(reject);
      draft ??= await open();
      await draft.write(`${JSON.stringify(reject)}\n`);
    },
    async keep(): Promise<string | undefined> {
      await draft?.keep();
      return draft?.path;
    },
    discard: async () => draft?.discard(),
  };
}

function firstRefusal({ line, reason }: Reject): TrestleError {
  return new TrestleError(
    "invalid_input",
    `Line ${line}: ${reason} Nothing was imported. Mend the file, or let wrong rows be set aside (onError: "reject").`,
    { details: { line, reason } },
  );
}

function tooMany(most: number, { line, reason }: Reject): TrestleError {
  return new TrestleError(
    "invalid_input",
    `More than ${most} rows were refused, the last in line ${line}: ${reason} Nothing was imported. Look whether columns and format are what the table expects.`,
    { details: { line, reason } },
  );
}
