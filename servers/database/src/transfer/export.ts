import { type JsonValue, TrestleError } from "@trestle/protocol";
import type { Connection } from "../drivers/driver.ts";
import type { Guard } from "../guard/guard.ts";
import { createColumnTypes } from "../postgres/column-types.ts";
import type { Database } from "../postgres/database.ts";
import { createGate } from "../postgres/gate.ts";
import { createEncoder, type EncodeOptions } from "./encode.ts";

export interface ExportSource {
  /** One statement that reads; the guard is asked. */
  readonly sql: string;
  readonly params?: readonly JsonValue[];
}

export interface ExportOptions extends EncodeOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole of it. */
  readonly timeoutMs: number;
  /** Milliseconds for each batch. */
  readonly statementTimeoutMs: number;
  readonly guard: Guard;
  /** After every batch. */
  readonly onProgress?: (done: { readonly rows: number; readonly bytes: number }) => void;
}

export interface Exported {
  readonly columns: readonly string[];
  readonly rows: number;
  readonly bytes: number;
}

/** None is cut: they come as they are, or masked. */
type Rows = (string | null)[][];

/** Rows of the first batch; then as many as make about a megabyte, so that long rows do not fill the memory. */
const FIRST_BATCH = 64;
const LARGEST_BATCH = 5_000;
const BATCH_BYTES = 1_000_000;

/**
 * Writes the rows of one statement, a batch at a time in one read-only transaction: all rows are of one
 * moment, and no more than a batch is in memory. `write` is awaited before the next batch is asked for.
 */
export function exportRows(
  database: Pick<Database, "read">,
  { sql, params = [] }: ExportSource,
  write: (text: string) => Promise<void>,
  options: ExportOptions,
): Promise<Exported> {
  const { signal, timeoutMs, statementTimeoutMs, guard, onProgress } = options;

  let begun = false;

  async function work(connection: Connection): Promise<Exported> {
    // Reads are made again where their connection ended; what is written already can not be.
    if (begun) throw interrupted();
    await connection.run(STATEMENT_TIMEOUT, [String(statementTimeoutMs)]);
    const rules = createGate(guard).within(connection);
    await rules.checkRead(sql);
    const portal = connection.open(sql, params);
    let batch = await portal.take(FIRST_BATCH);
    const { fields } = batch;
    const types = await createColumnTypes().describe(connection, fields);
    const shown = (rows: Rows) => rules.mask({ columns: types, rows, more: false }, fields);
    const { columns } = await shown([]);
    const encoder = await createEncoder(columns, options);
    begun = true;
    let rows = 0;
    let bytes = 0;
    const put = async (text: string): Promise<void> => {
      bytes += Buffer.byteLength(text);
      await write(text);
    };
    await put(encoder.head());
    for (;;) {
      const before = bytes;
      await put(encoder.rows((await shown(batch.rows)).rows as Rows));
      rows += batch.rows.length;
      onProgress?.({ rows, bytes });
      if (batch.done) break;
      batch = await portal.take(nextBatch(batch.rows.length, bytes - before));
    }
    await put(encoder.tail());
    return { columns: columns.map(({ name }) => name), rows, bytes };
  }

  return database.read(work, { timeoutMs, ...(signal ? { signal } : {}) });
}

/** Within a transaction whose bound is the whole of the work. */
export const STATEMENT_TIMEOUT = "SELECT set_config('statement_timeout', $1, true)";

function interrupted(): TrestleError {
  return new TrestleError(
    "unavailable",
    "The connection to the database ended in the middle of the export. Nothing was kept: export again.",
  );
}

function nextBatch(rows: number, bytes: number): number {
  const each = Math.max(1, bytes / Math.max(1, rows));
  return Math.max(1, Math.min(LARGEST_BATCH, Math.floor(BATCH_BYTES / each)));
}
