import type { JsonObject } from "@trestle/protocol";
import type { Guard } from "../guard/guard.ts";
import { checkWritten } from "../guard/tables.ts";
import type { Database, ExecuteResult, QueryOptions, QueryResult } from "../postgres/database.ts";
import { type AggregateInput, compileAggregate } from "./aggregate.ts";
import { loadShape, type TableName } from "./load-shape.ts";
import { nameField } from "./name-field.ts";
import { makeCursor } from "./order.ts";
import { type CompiledSelect, compileSelect, type SelectInput } from "./select.ts";
import type { TableShape } from "./shape.ts";
import { isAllowed, visibleShape } from "./visible.ts";
import {
  type CompiledWrite,
  compileDelete,
  compileInsert,
  compileUpdate,
  compileUpsert,
  type DeleteInput,
  type InsertInput,
  type UpdateInput,
  type UpsertInput,
} from "./write.ts";
import { type Compiled, loadWriter, type Writer } from "./writer.ts";

/** The database, and the rules about its tables and columns. */
export interface Target {
  readonly database: Pick<Database, "read" | "query" | "execute">;
  readonly guard: Pick<Guard, "check" | "checkTable" | "rules">;
}

export type RunOptions = Omit<QueryOptions, "offset" | "maxRows">;

/** `maxRows`: of those that a write gives back. */
export type WriteOptions = RunOptions & { readonly maxRows?: number };

export interface SelectResult extends QueryResult {
  /** Present when truncated and each row has its place: give it as `cursor`, which stays right while rows come and go. */
  readonly nextCursor?: string;
}

/** A page of rows. Without a limit, 100. */
export async function selectRows(
  target: Target,
  input: TableName & Omit<SelectInput, "limit"> & { readonly limit?: number | undefined },
  options: RunOptions = {},
): Promise<SelectResult> {
  const { writer, table } = await prepare(target, input, options);
  const limit = input.limit ?? 100;
  const compiled = compileSelect(writer, table, { ...input, limit });
  const offset = input.offset ?? 0;
  const page = await run(target, "query", compiled, { ...options, maxRows: limit, offset });
  return withCursor(table, compiled, page);
}

/** Figures of groups: a page of them. Without a limit, 100. */
export async function aggregateRows(
  target: Target,
  input: TableName & Omit<AggregateInput, "limit"> & { readonly limit?: number | undefined },
  options: RunOptions = {},
): Promise<QueryResult> {
  const { writer, table } = await prepare(target, input, options);
  const limit = input.limit ?? 100;
  const compiled = compileAggregate(writer, table, { ...input, limit });
  const offset = input.offset ?? 0;
  return run(target, "query", compiled, { ...options, maxRows: limit, offset });
}

export async function insertRows(
  target: Target,
  input: TableName & InsertInput,
  options: WriteOptions = {},
): Promise<ExecuteResult> {
  const { writer, table } = await prepareToWrite(target, input, options);
  return run(target, "execute", compileInsert(writer, table, input), options);
}

export async function upsertRows(
  target: Target,
  input: TableName & UpsertInput,
  options: WriteOptions = {},
): Promise<ExecuteResult> {
  const { writer, table } = await prepareToWrite(target, input, options);
  return run(target, "execute", compileUpsert(writer, table, input), options);
}

/** A write that was looked through and may still be left undone. */
export interface PreparedWrite {
  /** `schema.table`. */
  readonly table: string;
  /** It would be about every row. */
  readonly isForAll: boolean;
  run(): Promise<ExecuteResult>;
}

export async function prepareUpdate(
  target: Target,
  input: TableName & UpdateInput,
  options: WriteOptions = {},
): Promise<PreparedWrite> {
  const { writer, table } = await prepareToWrite(target, input, options);
  return toPrepared(target, table, compileUpdate(writer, table, input), options);
}

export async function prepareDelete(
  target: Target,
  input: TableName & DeleteInput,
  options: WriteOptions = {},
): Promise<PreparedWrite> {
  const { writer, table } = await prepareToWrite(target, input, options);
  return toPrepared(target, table, compileDelete(writer, table, input), options);
}

/** Throws `invalid_input` where neither a condition nor `all` says which rows are meant. */
export async function updateRows(
  target: Target,
  input: TableName & UpdateInput,
  options: WriteOptions = {},
): Promise<ExecuteResult> {
  return (await prepareUpdate(target, input, options)).run();
}

/** Throws `invalid_input` where neither a condition nor `all` says which rows are meant. */
export async function deleteRows(
  target: Target,
  input: TableName & DeleteInput,
  options: WriteOptions = {},
): Promise<ExecuteResult> {
  return (await prepareDelete(target, input, options)).run();
}

async function toPrepared(
  target: Target,
  { schema, name }: TableShape,
  compiled: CompiledWrite,
  options: WriteOptions,
): Promise<PreparedWrite> {
  // Nobody is to be asked about what would be refused anyway.
  if (target.guard.rules.mode === "read-only") await target.guard.check(compiled.sql);
  return {
    table: `${schema}.${name}`,
    isForAll: compiled.isForAll,
    run: () => run(target, "execute", compiled, options),
  };
}

async function prepare(
  { database, guard }: Target,
  name: TableName,
  { signal }: RunOptions,
): Promise<{ writer: Writer; table: TableShape }> {
  const [writer, shape] = await Promise.all([
    loadWriter(),
    loadShape(database, name, {
      ...(signal ? { signal } : {}),
      isVisible: (schema, table) => isAllowed(guard, schema, table),
    }),
  ]);
  return { writer, table: visibleShape(guard, shape) };
}

async function prepareToWrite(
  target: Target,
  name: TableName,
  options: RunOptions,
): Promise<{ writer: Writer; table: TableShape }> {
  const prepared = await prepare(target, name, options);
  checkWritten(prepared.table.schema, prepared.table.name);
  return prepared;
}

async function run<How extends "query" | "execute">(
  { database }: Target,
  how: How,
  { sql, params, fields }: Compiled,
  options: QueryOptions,
): Promise<How extends "execute" ? ExecuteResult : QueryResult> {
  try {
    return (await database[how](sql, params, options)) as ExecuteResult;
  } catch (error) {
    throw nameField(error, params, fields);
  }
}

function withCursor(table: TableShape, compiled: CompiledSelect, page: QueryResult): SelectResult {
  const { orders, hidden, hasCursor } = compiled;
  const last = page.rows.at(-1);
  const isWhole = last && page.cutValues === 0;
  const nextCursor =
    hasCursor && page.truncated && isWhole ? makeCursor(table, orders, last) : undefined;
  return {
    ...page,
    columns: page.columns.filter(({ name }) => !hidden.includes(name)),
    rows: page.rows.map((row) => without(row, hidden)),
    ...(nextCursor ? { nextCursor } : {}),
  };
}

function without(row: JsonObject, names: readonly string[]): JsonObject {
  if (names.length === 0) return row;
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));
}
