import type { DatabaseSync, StatementSync } from "node:sqlite";
import { TrestleError } from "@trestle/protocol";

export type SqlValue = null | number | bigint | string | Uint8Array;
/** By position (`?`), or by name (`$name`, `:name`, `@name`) with or without its prefix. */
export type SqlParams = readonly SqlValue[] | Readonly<Record<string, SqlValue>>;

export interface SqlStatement {
  readonly sql: string;
  readonly params?: SqlParams;
  /** Runs it once for each of these instead; its result counts all their changes. */
  readonly each?: readonly (readonly SqlValue[])[];
}

export type Row = Record<string, SqlValue>;

export interface WriteResult {
  /** Rows inserted, updated or deleted. */
  readonly changes: number;
  readonly lastInsertRowid: number;
  /** What RETURNING or SELECT gave; empty for other statements. */
  readonly rows: readonly Row[];
}

const MAX_PREPARED = 256;

/** Prepares each text once and keeps the ones used last. */
export function createStatementCache(database: DatabaseSync): (sql: string) => StatementSync {
  const prepared = new Map<string, StatementSync>();
  return (sql) => {
    const found = prepared.get(sql);
    if (found) {
      if (prepared.size === MAX_PREPARED) {
        prepared.delete(sql); // put back at the end: the first is the one used longest ago
        prepared.set(sql, found);
      }
      return found;
    }
    const statement = database.prepare(sql);
    const [oldest] = prepared.keys();
    if (prepared.size === MAX_PREPARED && oldest !== undefined) prepared.delete(oldest);
    prepared.set(sql, statement);
    return statement;
  };
}

export function allRows(statement: StatementSync, params: SqlParams = []): Row[] {
  return (isList(params) ? statement.all(...params) : statement.all(params)) as Row[];
}

export function runStatement(
  statement: StatementSync,
  params: SqlParams = [],
): { changes: number; lastInsertRowid: number } {
  const done = isList(params) ? statement.run(...params) : statement.run(params);
  return { changes: Number(done.changes), lastInsertRowid: Number(done.lastInsertRowid) };
}

export function runEach(
  statement: StatementSync,
  each: readonly (readonly SqlValue[])[],
): { changes: number; lastInsertRowid: number } {
  let changes = 0;
  let lastInsertRowid = 0;
  for (const values of each) {
    const done = statement.run(...values);
    changes += Number(done.changes);
    lastInsertRowid = Number(done.lastInsertRowid);
  }
  return { changes, lastInsertRowid };
}

/** Refuses what SQLite cannot bind, and what could not travel to the writer's thread. */
export function checkStatement({ sql, params = [], each }: SqlStatement): void {
  for (const values of each ?? []) checkList(values, sql);
  if (isList(params)) checkList(params, sql);
  else {
    for (const [name, value] of Object.entries(params)) checkValue(value, name, sql);
  }
}

function checkList(values: readonly SqlValue[], sql: string): void {
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value === "string" || typeof value === "number") continue;
    checkValue(value, index + 1, sql);
  }
}

function checkValue(value: unknown, place: string | number, sql: string): void {
  const kind = typeof value;
  if (value === null || kind === "string" || kind === "number" || kind === "bigint") return;
  if (value instanceof Uint8Array) return;
  throw new TrestleError(
    "invalid_input",
    `Parameter ${place} of "${sql}" is ${kind}; give null, a number, a string or bytes.`,
  );
}

function isList(params: SqlParams): params is readonly SqlValue[] {
  return Array.isArray(params);
}
