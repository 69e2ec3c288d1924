import { isTrestleError, type JsonValue, TrestleError } from "@trestle/protocol";
import type { Connection, Driver, UseOptions } from "../drivers/driver.ts";
import type { Accepted, Guard } from "../guard/guard.ts";
import { type ColumnTypes, createColumnTypes } from "./column-types.ts";
import {
  type Database,
  type ExecuteResult,
  QUERY_DEFAULTS,
  type QueryOptions,
  type QueryResult,
  type Statement,
  type TransactionOptions,
} from "./database.ts";
import { isConnectionLost } from "./failures.ts";
import { checkLimits, checkParams } from "./limits.ts";
import { type PageRequest, type ReadPage, readAll, readPage } from "./reader.ts";
import { inRead, inWrite, outcomeUnknown } from "./session.ts";
import { toQueryResult } from "./values.ts";

export interface DatabaseParts {
  readonly driver: Driver;
  readonly guard: Guard;
  /** Of a piece of work that names no time of its own. */
  readonly timeoutMs?: number;
}

/** SQLSTATE of a statement that wants to be outside any transaction: VACUUM, CREATE INDEX CONCURRENTLY. */
const NOT_IN_TRANSACTION = "25001";

/** The rules and the way of a statement, whatever drives the connection. */
export function createDatabase({ driver, guard, timeoutMs: usual }: DatabaseParts): Database {
  const types = createColumnTypes();
  const { mode } = guard.rules;
  const times = ({ signal, timeoutMs }: Partial<UseOptions> = {}): UseOptions => ({
    timeoutMs: timeoutMs ?? usual ?? QUERY_DEFAULTS.timeoutMs,
    ...(signal ? { signal } : {}),
  });

  async function query(
    sql: string,
    params: readonly JsonValue[] = [],
    options: QueryOptions = {},
  ): Promise<QueryResult> {
    const request = toRequest({ sql, params }, options);
    await guard.checkRead(sql);
    const { raw } = await readOnce(request, times(options));
    return toQueryResult(raw, request.offset);
  }

  function readOnce(request: PageRequest, use: UseOptions): Promise<ReadPage> {
    return reading((connection) => readPage(connection, types, request), use);
  }

  /** A read may be made again: once, where the connection ended under it. */
  async function reading<Result>(
    work: (connection: Connection) => Promise<Result>,
    use: UseOptions,
  ): Promise<Result> {
    const attempt = () =>
      driver.use((connection) => inRead(connection, use, () => work(connection)), use);
    try {
      return await attempt();
    } catch (error) {
      if (!isConnectionLost(error) || use.signal?.aborted) throw error;
      return attempt();
    }
  }

  async function execute(
    sql: string,
    params: readonly JsonValue[] = [],
    options: QueryOptions = {},
  ): Promise<ExecuteResult> {
    const request = toRequest({ sql, params }, options);
    const accepted = await guard.check(sql);
    const use = times(options);
    if (isRead(accepted)) {
      const { raw, last } = await readOnce(request, use);
      return { ...toQueryResult(raw, request.offset), command: last.command, affectedRows: null };
    }
    const page = await writing((connection) => readAll(connection, types, request), use).catch(
      (error) => {
        if (accepted.kind === "change" && sqlStateOf(error) === NOT_IN_TRANSACTION)
          return alone(driver, types, request, use);
        throw error;
      },
    );
    if (accepted.kind === "change") types.forget();
    return toExecuteResult(page);
  }

  async function writing<Result>(
    work: (connection: Connection) => Promise<Result>,
    { isolation, dryRun, ...use }: UseOptions & Pick<TransactionOptions, "isolation" | "dryRun">,
  ): Promise<Result> {
    const options = { ...use, ...(isolation ? { isolation } : {}), ...(dryRun ? { dryRun } : {}) };
    let begun = false;
    const attempt = () =>
      driver.use(
        (connection) =>
          inWrite(connection, options, () => {
            begun = true;
            return work(connection);
          }),
        use,
      );
    try {
      return await attempt();
    } catch (error) {
      // The connection had ended while nobody used it: the work has not begun.
      if (begun || !isConnectionLost(error) || use.signal?.aborted) throw error;
      return attempt();
    }
  }

  async function transaction(
    statements: readonly Statement[],
    { isolation, dryRun, ...options }: TransactionOptions = {},
  ): Promise<ExecuteResult[]> {
    if (statements.length === 0)
      throw new TrestleError("invalid_input", "There is no statement. Give at least one.");
    const requests = statements.map((statement) => toRequest(statement, options));
    const accepted = await checkEach(guard, statements);
    const readOnly = accepted.every(isRead);
    const use = times(options);
    const work = async (connection: Connection) => {
      const pages: ReadPage[] = [];
      for (const [at, request] of requests.entries()) {
        const run = readOnly ? readPage : readAll;
        pages.push(await run(connection, types, request).catch(naming(at, requests.length)));
      }
      return pages;
    };
    const pages =
      readOnly && isolation === undefined
        ? await reading(work, use)
        : await writing(work, {
            ...use,
            ...(isolation ? { isolation } : {}),
            dryRun: dryRun === true || readOnly,
          });
    if (accepted.some(({ kind }) => kind === "change")) types.forget();
    return pages.map((page, at) => toExecuteResult(page, accepted[at]));
  }

  return {
    kind: driver.kind,
    mode,
    query,
    execute,
    transaction,
    read: (work, options) => reading(work, times(options)),
    async write(work, options) {
      if (mode === "read-only") throw readOnlyMode();
      const result = await writing(work, times(options));
      types.forget();
      return result;
    },
    async session(work, options) {
      if (mode !== "admin") throw notAdminMode(mode);
      const result = await driver.use(work, times(options));
      types.forget();
      return result;
    },
    connections: driver.connections,
    close: driver.close,
  };
}

function isRead({ kind }: Accepted): boolean {
  return kind === "rows" || kind === "report";
}

async function checkEach(guard: Guard, statements: readonly Statement[]): Promise<Accepted[]> {
  const accepted: Accepted[] = [];
  for (const [at, { sql }] of statements.entries())
    accepted.push(await guard.check(sql).catch(naming(at, statements.length)));
  return accepted;
}

/** Says which of several statements it was. */
function naming(at: number, count: number): (error: unknown) => never {
  return (error) => {
    if (!isTrestleError(error) || count === 1) throw error;
    const { code, retryable, details } = error;
    throw new TrestleError(code, `Statement ${at + 1} of ${count}: ${error.message}`, {
      retryable,
      details: { ...details, statement: at + 1 },
    });
  };
}

/** Outside any transaction: it can not be rolled back, and nobody knows how far it came where the connection ends. */
async function alone(
  driver: Driver,
  types: ColumnTypes,
  { sql, params }: PageRequest,
  use: UseOptions,
): Promise<ReadPage> {
  return driver.use(async (connection) => {
    await connection.script("SET standard_conforming_strings = on; SET timezone = 'UTC'");
    try {
      const answer = await connection.run(sql, params);
      const columns = await types.describe(connection, answer.fields);
      return { raw: { columns, rows: answer.rows, more: false }, last: answer };
    } catch (error) {
      throw isConnectionLost(error) ? outcomeUnknown(error) : error;
    }
  }, use);
}

function toExecuteResult({ raw, last }: ReadPage, accepted?: Accepted): ExecuteResult {
  const affectedRows = accepted && isRead(accepted) ? null : last.rowCount;
  return { ...toQueryResult(raw, 0), command: last.command, affectedRows };
}

function toRequest({ sql, params = [] }: Statement, options: QueryOptions): PageRequest {
  const { signal: _, ...given } = options;
  const limits = { ...QUERY_DEFAULTS, ...given };
  checkLimits(limits);
  checkParams(params);
  const { maxRows, maxBytes, offset } = limits;
  return { sql, params, maxRows, maxBytes, offset };
}

function sqlStateOf(error: unknown): unknown {
  return isTrestleError(error) ? error.details?.sqlState : undefined;
}

function notAdminMode(mode: string): TrestleError {
  return new TrestleError(
    "denied",
    `The structure of this database may not be changed in mode ${mode}. The setting DATABASE_MODE=admin allows it.`,
  );
}

function readOnlyMode(): TrestleError {
  return new TrestleError(
    "denied",
    "This database is read-only. The setting DATABASE_MODE=read-write lets rows be changed, admin also the structure.",
  );
}
