import { TrestleError } from "@trestle/protocol";
import type { Driver, UseOptions } from "../drivers/driver.ts";
import type { Accepted, Guard } from "../guard/guard.ts";
import { createAttempts } from "./attempts.ts";
import { createColumnTypes } from "./column-types.ts";
import { type Database, type ExecuteResult, type Mode, QUERY_DEFAULTS } from "./database.ts";
import type { ReadPage } from "./reader.ts";
import { toRequest } from "./request.ts";
import { createRunner, isRead } from "./runner.ts";
import { toQueryResult } from "./values.ts";

export interface DatabaseParts {
  readonly driver: Driver;
  readonly guard: Guard;
  /** Of a piece of work that names no time of its own. */
  readonly timeoutMs?: number;
}

/** The rules and the way of a statement, whatever drives the connection. */
export function createDatabase({ driver, guard, timeoutMs: usual }: DatabaseParts): Database {
  const types = createColumnTypes();
  const attempts = createAttempts(driver);
  const runner = createRunner({ driver, guard, types, attempts });
  const { mode } = guard.rules;
  const times = ({ signal, timeoutMs }: Partial<UseOptions> = {}): UseOptions => ({
    timeoutMs: timeoutMs ?? usual ?? QUERY_DEFAULTS.timeoutMs,
    ...(signal ? { signal } : {}),
  });

  const query: Database["query"] = async (sql, params = [], options = {}) => {
    const request = toRequest({ sql, params }, options);
    const { raw } = await runner.read(request, times(options));
    return toQueryResult(raw, request.offset);
  };

  const execute: Database["execute"] = async (sql, params = [], options = {}) => {
    const request = toRequest({ sql, params }, options);
    const use = times(options);
    const [accepted] = await runner.check([{ sql }], use);
    if (isRead(accepted))
      return toExecuteResult(await runner.read(request, use, accepted), accepted, request.offset);
    const page = await runner.write(request, use, accepted);
    if (accepted?.kind === "change") types.forget();
    return toExecuteResult(page, accepted);
  };

  const transaction: Database["transaction"] = async (statements, options = {}) => {
    if (statements.length === 0)
      throw new TrestleError("invalid_input", "There is no statement. Give at least one.");
    const { isolation, dryRun, ...limits } = options;
    const requests = statements.map((statement) => toRequest(statement, limits));
    const use = times(limits);
    const accepted = await runner.check(statements, use);
    const readOnly = accepted.every(isRead);
    const rehearsed = dryRun === true || readOnly;
    const kept = { ...use, ...(isolation && { isolation }), dryRun: rehearsed, readOnly };
    const pages = await runner.writeAll(requests, accepted, kept);
    if (accepted.some(({ kind }) => kind === "change")) types.forget();
    return pages.map((page, at) => toExecuteResult(page, accepted[at]));
  };

  return {
    kind: driver.kind,
    mode,
    check: (statements, options) => runner.check(statements, times(options)),
    query,
    execute,
    transaction,
    read: (work, options) => attempts.reading(work, times(options)),
    async write(work, options) {
      if (mode === "read-only") throw readOnlyMode();
      return attempts.writing(work, times(options)).finally(types.forget);
    },
    async session(work, options) {
      if (mode !== "admin") throw notAdminMode(mode);
      return driver.use(work, times(options)).finally(types.forget);
    },
    connections: driver.connections,
    close: driver.close,
  };
}

function toExecuteResult(
  { raw, last }: ReadPage,
  accepted: Accepted | undefined,
  offset = 0,
): ExecuteResult {
  const affectedRows = isRead(accepted) ? null : last.rowCount;
  return { ...toQueryResult(raw, offset), command: last.command, affectedRows };
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
