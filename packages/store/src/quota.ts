import {
  type Clock,
  type Logger,
  messageOf,
  silentLogger,
  systemClock,
  TrestleError,
} from "@trestle/protocol";
import type { Sqlite } from "./sqlite.ts";
import type { SqlStatement, SqlValue } from "./sqlite-statement.ts";

export interface QuotaOptions {
  readonly maxBytes: number;
  /**
   * How to make room: statements that delete the oldest `:rows` rows of a table, and none that must
   * stay. Each is repeated until it finds nothing more, in this order.
   */
  readonly retention: readonly string[];
  readonly clock?: Clock;
  readonly log?: Logger;
}

export interface QuotaSqlite extends Sqlite {
  /** Bytes in use, after making room where they are too many. */
  enforce(): Promise<number>;
}

/** The file is measured again after so many written bytes, as part of the quota, or statements. */
const MEASURE_SHARE = 1 / 64;
const MEASURE_STATEMENTS = 1_000;
/** Making room stops below this part, so that it is rare. */
const KEPT_SHARE = 0.9;
const ROWS_AT_ONCE = 100;
/** While there is no room, a write looks for some no more often than this. */
const LOOK_AGAIN_MS = 1_000;

/**
 * The same file under a quota. Writes go on while the oldest rows make room for them; where that is
 * not enough, writes are refused with `unavailable` and appended rows count as lost, until there is
 * room again. What is deleted through the file itself, without a quota, always gets through.
 *
 * The bytes are those of the database; the log beside it has a limit of its own.
 */
export function enforceQuota(sqlite: Sqlite, options: QuotaOptions): QuotaSqlite {
  const { maxBytes, clock = systemClock, log = silentLogger } = options;
  let written = 0;
  let statements = 0;
  let lost = 0;
  let fullSince: number | undefined;
  let enforcing: Promise<number> | undefined;

  function enforce(): Promise<number> {
    enforcing ??= makeRoom(sqlite, options)
      .then((bytes) => {
        fullSince = bytes > maxBytes ? clock.now() : undefined;
        return bytes;
      })
      .finally(() => {
        enforcing = undefined;
      });
    return enforcing;
  }

  /** Counts what is about to be written; measuring each time would cost more than writing. */
  function count(statement: SqlStatement): void {
    written += sizeOf(statement);
    statements += 1;
    if (written < maxBytes * MEASURE_SHARE && statements < MEASURE_STATEMENTS) return;
    written = 0;
    statements = 0;
    enforce().catch((error) => log.warn("A quota was not enforced", { error: messageOf(error) }));
  }

  async function requireRoom(): Promise<void> {
    if (fullSince === undefined) return;
    if (clock.now() - fullSince >= LOOK_AGAIN_MS) await enforce();
    if (fullSince !== undefined) throw noRoom(maxBytes);
  }

  return {
    ...sqlite,
    enforce,
    async write(all) {
      await requireRoom();
      for (const statement of all) count(statement);
      return sqlite.write(all);
    },
    append(statement) {
      if (fullSince === undefined) sqlite.append(statement);
      else lost += 1;
      count(statement);
    },
    async flush() {
      await sqlite.flush();
      const count = lost;
      lost = 0;
      if (count > 0) throw noRoom(maxBytes);
    },
  };
}

/** Deletes rows until enough is free, gives the space back, and returns what is in use then. */
async function makeRoom(sqlite: Sqlite, { maxBytes, retention }: QuotaOptions): Promise<number> {
  if (bytesInUse(sqlite) <= maxBytes) return bytesInUse(sqlite);
  for (const sql of retention) {
    while (bytesInUse(sqlite) > maxBytes * KEPT_SHARE) {
      const [deleted] = await sqlite.write([{ sql, params: { rows: ROWS_AT_ONCE } }]);
      if (!deleted?.changes) break;
    }
  }
  await sqlite.write([{ sql: "PRAGMA incremental_vacuum" }]);
  return bytesInUse(sqlite);
}

/** Free pages do not count: the next rows go there. */
export function bytesInUse(sqlite: Pick<Sqlite, "read">): number {
  const [row] = sqlite.read(`SELECT (page_count - freelist_count) * page_size AS bytes
    FROM pragma_page_count, pragma_freelist_count, pragma_page_size`);
  return Number(row?.bytes);
}

function sizeOf({ sql, params, each }: SqlStatement): number {
  if (each) return each.reduce((sum, values) => sum + sizeOfAll(values), sql.length);
  return sql.length + (params ? sizeOfAll(Object.values(params)) : 0);
}

function sizeOfAll(values: readonly SqlValue[]): number {
  let size = 0;
  for (const value of values) {
    size += typeof value === "string" || value instanceof Uint8Array ? value.length : 8;
  }
  return size;
}

function noRoom(maxBytes: number): TrestleError {
  return new TrestleError(
    "unavailable",
    `The quota of ${maxBytes} bytes is used up and nothing may be deleted for new rows: ` +
      "raise the quota or delete something.",
  );
}
