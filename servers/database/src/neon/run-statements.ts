import type { Database, ExecuteResult } from "../postgres/database.ts";

/** What one statement of a migration did. */
export interface StatementReport {
  readonly command: string;
  /** Rows that it wrote; null where it counts none. */
  readonly rowCount: number | null;
}

/** Opens the database of a connection string, behind the guard. Whoever asked closes it. */
export type OpenDatabase = (url: string) => Pick<Database, "execute" | "transaction" | "close">;

/** A migration of a large table takes its time. */
const TIMEOUT_MS = 600_000;

/**
 * Runs statements on a database: all in one transaction, or the only one by itself, so that what Postgres
 * refuses inside of one (CREATE INDEX CONCURRENTLY) can be run alone. Where this throws anything but
 * `outcome_unknown`, nothing was kept.
 */
export async function runStatements(
  open: OpenDatabase,
  { url, statements }: { url: string; statements: readonly string[] },
  signal: AbortSignal,
): Promise<StatementReport[]> {
  const database = open(url);
  const options = { signal, timeoutMs: TIMEOUT_MS, maxRows: 1 };
  const [first = "", ...others] = statements;
  try {
    const results =
      others.length === 0
        ? [await database.execute(first, [], options)]
        : await database.transaction(
            statements.map((sql) => ({ sql })),
            options,
          );
    return results.map(toReport);
  } finally {
    await database.close();
  }
}

function toReport({ command, affectedRows }: ExecuteResult): StatementReport {
  return { command, rowCount: affectedRows };
}
