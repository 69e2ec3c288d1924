import { isTrestleError, type JsonValue, TrestleError } from "@trestle/protocol";
import type { Connection, Driver, UseOptions } from "../drivers/driver.ts";
import type { Accepted, Guard } from "../guard/guard.ts";
import { createAttempts } from "./attempts.ts";
import { createColumnTypes } from "./column-types.ts";
import {
  type Database,
  type ExecuteResult,
  type Mode,
  QUERY_DEFAULTS,
  type Statement,
} from "./database.ts";
import { createGate } from "./gate.ts";
import { readAtOnce } from "./read-at-once.ts";
import { type PageRequest, type ReadPage, readAll, readPage, runAlone } from "./reader.ts";
import { toRequest } from "./request.ts";
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
  const gate = createGate(guard);
  const { reading, writing } = createAttempts(driver);
  const { mode } = guard.rules;
  const times = ({ signal, timeoutMs }: Partial<UseOptions> = {}): UseOptions => ({
    timeoutMs: timeoutMs ?? usual ?? QUERY_DEFAULTS.timeoutMs,
    ...(signal ? { signal } : {}),
  });

  /** Where the names have to be looked up, that is done in the statement's own transaction. */
  async function read(
    request: PageRequest,
    accepted: Accepted | undefined,
    use: UseOptions,
  ): Promise<ReadPage> {
    const atOnce =
      accepted && !gate.needsCatalog && readAtOnce(driver, types, { request, accepted, use });
    if (atOnce) return atOnce;
    return reading(async (connection) => {
      const rules = gate.within(connection);
      if (gate.needsCatalog) await rules.checkRead(request.sql);
      const page = await readPage(connection, types, request);
      return { ...page, raw: await rules.mask(page.raw, page.fields) };
    }, use);
  }

  async function write(connection: Connection, request: PageRequest): Promise<ReadPage> {
    const rules = gate.within(connection);
    if (gate.needsCatalog) await rules.check(request.sql);
    const page = await readAll(connection, types, request);
    return { ...page, raw: await rules.mask(page.raw, page.fields) };
  }

  /** What is to be done with statements, before any of them runs. */
  function check(statements: readonly Statement[], use: UseOptions): Promise<Accepted[]> {
    if (!gate.needsCatalog) return checkEach(guard, statements);
    return reading((connection) => checkEach(gate.within(connection), statements), use);
  }

  const query: Database["query"] = async (sql, params = [], options = {}) => {
    const request = toRequest({ sql, params }, options);
    const accepted = gate.needsCatalog ? undefined : await guard.checkRead(sql);
    const { raw } = await read(request, accepted, times(options));
    return toQueryResult(raw, request.offset);
  };

  const execute: Database["execute"] = async (sql, params = [], options = {}) => {
    const request = toRequest({ sql, params }, options);
    const use = times(options);
    const [accepted] = await check([{ sql }], use);
    if (isRead(accepted))
      return toExecuteResult(await read(request, accepted, use), request, accepted);
    const page = await writing((connection) => write(connection, request), use).catch((error) => {
      const wantsNone = accepted?.kind === "change" && sqlStateOf(error) === NOT_IN_TRANSACTION;
      if (!wantsNone) throw error;
      return driver.use((connection) => runAlone(connection, types, request), use);
    });
    if (accepted?.kind === "change") types.forget();
    return toExecuteResult(page, { offset: 0 });
  };

  const transaction: Database["transaction"] = async (statements, options = {}) => {
    if (statements.length === 0)
      throw new TrestleError("invalid_input", "There is no statement. Give at least one.");
    const { isolation, dryRun, ...limits } = options;
    const requests = statements.map((statement) => toRequest(statement, limits));
    const use = times(limits);
    const accepted = await check(statements, use);
    const readOnly = accepted.every(isRead);
    const pages = await writing((connection) => runEach(requests, (it) => write(connection, it)), {
      ...use,
      ...(isolation && { isolation }),
      dryRun: dryRun === true || readOnly,
      readOnly,
    });
    if (accepted.some(({ kind }) => kind === "change")) types.forget();
    return pages.map((page, at) => toExecuteResult(page, { offset: 0 }, accepted[at]));
  };

  return {
    kind: driver.kind,
    mode,
    check: (statements, options) => check(statements, times(options)),
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

function isRead(accepted: Accepted | undefined): boolean {
  return accepted?.kind === "rows" || accepted?.kind === "report";
}

async function checkEach(
  { check }: { check(sql: string): Promise<Accepted> },
  statements: readonly Statement[],
): Promise<Accepted[]> {
  const accepted: Accepted[] = [];
  for (const [at, { sql }] of statements.entries())
    accepted.push(await check(sql).catch(naming(at, statements.length)));
  return accepted;
}

async function runEach(
  requests: readonly PageRequest[],
  run: (request: PageRequest) => Promise<ReadPage>,
): Promise<ReadPage[]> {
  const pages: ReadPage[] = [];
  for (const [at, request] of requests.entries())
    pages.push(await run(request).catch(naming(at, requests.length)));
  return pages;
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

function toExecuteResult(
  { raw, last }: ReadPage,
  { offset }: { readonly offset: number },
  accepted?: Accepted,
): ExecuteResult {
  const affectedRows = isRead(accepted) ? null : last.rowCount;
  return { ...toQueryResult(raw, offset), command: last.command, affectedRows };
}

function sqlStateOf(error: unknown): JsonValue | undefined {
  return isTrestleError(error) ? error.details?.sqlState : undefined;
}

function readOnlyMode(): TrestleError {
  return new TrestleError(
    "denied",
    "This database is read-only. The setting DATABASE_MODE=read-write lets rows be changed, admin also the structure.",
  );
}

function notAdminMode(mode: Mode): TrestleError {
  return new TrestleError(
    "denied",
    `The structure of this database may not be changed in mode ${mode}. The setting DATABASE_MODE=admin allows it.`,
  );
}
