import type { JsonObject } from "@trestle/protocol";
import { encodeValue } from "./encode.ts";
import { type ColumnShape, findColumn, invalid, listColumns, type TableShape } from "./shape.ts";
import { readTableWhere, type Where, whereClause } from "./where.ts";
import type { Compiled, Piece, Writer } from "./writer.ts";

/** Rows by column name, as many as one statement takes: 65,535 values. */
export interface InsertInput {
  readonly rows: readonly JsonObject[];
  /** Columns to give back; the primary key where left out, `*` for all. */
  readonly returning?: readonly string[] | undefined;
}

export interface UpsertInput extends InsertInput {
  /** What tells that a row is there already; the primary key where left out. */
  readonly conflictColumns?: readonly string[] | undefined;
  /** Columns that an existing row takes over; all that were given where left out, none: it stays as it is. */
  readonly update?: readonly string[] | undefined;
}

export interface UpdateInput {
  readonly set: JsonObject;
  readonly where?: Where | undefined;
  /** Says that every row is meant. */
  readonly all?: boolean | undefined;
  readonly returning?: readonly string[] | undefined;
}

export type DeleteInput = Omit<UpdateInput, "set">;

/** A write, and whether it is about every row of its table. */
export interface CompiledWrite extends Compiled {
  readonly isForAll: boolean;
}

/** Columns that a row leaves out get their default. */
export function compileInsert(writer: Writer, table: TableShape, input: InsertInput): Compiled {
  const columns = givenColumns(table, input.rows);
  return writer.compile(
    writer.parts(insertHead(writer, table, columns, input), returningClause(writer, table, input)),
  );
}

/** Rows that are there already are changed. All rows name the same columns, or defaults would overwrite. */
export function compileUpsert(writer: Writer, table: TableShape, input: UpsertInput): Compiled {
  const { sql, id, list } = writer;
  const target = conflictTarget(table, input.conflictColumns);
  const columns = givenColumns(table, input.rows);
  checkSame(columns, input.rows);
  checkGiven(target, columns);
  const given = columns.map(({ name }) => name).filter((name) => !target.includes(name));
  const updated = input.update ? listUpdated(table, input.update, given) : given;
  const action =
    updated.length === 0
      ? sql`do nothing`
      : sql`do update set ${list(updated.map((name) => sql`${id(name)} = ${id("excluded", name)}`))}`;
  return writer.compile(
    writer.parts(
      insertHead(writer, table, columns, input),
      sql`on conflict (${list(target.map((name) => id(name)))})`,
      action,
      returningClause(writer, table, input),
    ),
  );
}

export function compileUpdate(writer: Writer, table: TableShape, input: UpdateInput) {
  const { sql, id, list } = writer;
  const entries = Object.entries(input.set);
  if (entries.length === 0) throw invalid("set", "names no column to change.");
  const changes = entries.map(([name, value]) => {
    const column = writable(table, name, `set.${name}`);
    const bound = writer.value(encodeValue(value ?? null, column, `set.${name}`), `set.${name}`);
    return sql`${id(column.name)} = ${bound}`;
  });
  const head = sql`update ${id(table.schema, table.name)} set ${list(changes)}`;
  return compileChange(writer, table, head, input);
}

export function compileDelete(writer: Writer, table: TableShape, input: DeleteInput) {
  const head = writer.sql`delete from ${writer.id(table.schema, table.name)}`;
  return compileChange(writer, table, head, input);
}

/** Throws `invalid_input` where no condition narrows it down, and `all` does not say that this is meant. */
function compileChange(
  writer: Writer,
  table: TableShape,
  head: Piece,
  input: DeleteInput,
): CompiledWrite {
  const condition = readTableWhere(writer, table, input.where);
  const isForAll = condition === "always";
  if (isForAll && !input.all)
    throw invalid(
      "where",
      `no condition narrows this down: it would be every row of ${table.name}. Say which, or all: true.`,
    );
  if (!isForAll && input.all)
    throw invalid("all", "there is a condition too: leave out one of them.");
  const statement = writer.parts(
    head,
    whereClause(writer, condition),
    returningClause(writer, table, input, []),
  );
  return { ...writer.compile(statement), isForAll };
}

function insertHead(
  writer: Writer,
  table: TableShape,
  columns: readonly ColumnShape[],
  { rows }: InsertInput,
): Piece {
  const { sql, id, list } = writer;
  const lines = rows.map((row, at) => {
    const cells = columns.map((column) => {
      if (!Object.hasOwn(row, column.name)) return sql`default`;
      const field = `rows[${at}].${column.name}`;
      return writer.value(encodeValue(row[column.name] ?? null, column, field), field);
    });
    return sql`(${list(cells)})`;
  });
  const names = list(columns.map(({ name }) => id(name)));
  return sql`insert into ${id(table.schema, table.name)} (${names}) values ${list(lines)}`;
}

/** Every column that some row gives; where none gives any, one that takes its default. */
function givenColumns(table: TableShape, rows: readonly JsonObject[]): ColumnShape[] {
  if (rows.length === 0) throw invalid("rows", "there is no row.");
  const given = new Map<string, ColumnShape>();
  rows.forEach((row, at) => {
    for (const name of Object.keys(row))
      if (!given.has(name)) given.set(name, writable(table, name, `rows[${at}].${name}`));
  });
  const [first] = table.columns;
  if (given.size > 0) return [...given.values()];
  if (first) return [first];
  throw invalid("table", `${table.name} has no column that may be written.`);
}

function writable(table: TableShape, name: string, field: string): ColumnShape {
  const column = findColumn(table, name, field.slice(0, 120));
  if (!column.generated) return column;
  throw invalid(field, `Postgres computes "${name}": leave it out.`);
}

function checkSame(columns: readonly ColumnShape[], rows: readonly JsonObject[]): void {
  rows.forEach((row, at) => {
    const missing = columns.find(({ name }) => !Object.hasOwn(row, name));
    if (missing)
      throw invalid(
        `rows[${at}]`,
        `has no "${missing.name}", which another row has: name the same columns in each, since a default would overwrite what is there.`,
      );
  });
}

function conflictTarget(
  table: TableShape,
  asked: readonly string[] | undefined,
): readonly string[] {
  const target = asked ? listColumns(table, asked, "conflictColumns") : table.primaryKey;
  const isKey = table.uniqueKeys.some(
    (key) => key.length === target.length && key.every((name) => target.includes(name)),
  );
  if (target.length === 0 || !isKey) {
    const keys = table.uniqueKeys.map((key) => key.join(" + ")).join("; ") || "none";
    throw invalid("conflictColumns", `must be a unique key of ${table.name}. Its keys: ${keys}.`);
  }
  const computed = table.columns.find(({ name, generated }) => generated && target.includes(name));
  if (!computed) return target;
  throw invalid(
    "conflictColumns",
    `no row can bring "${computed.name}", which Postgres computes: name another unique key, or change rows that are there by update_rows.`,
  );
}

function checkGiven(target: readonly string[], columns: readonly ColumnShape[]): void {
  const missing = target.find((name) => !columns.some((column) => column.name === name));
  if (missing !== undefined)
    throw invalid("rows", `give "${missing}" in each: it tells which row is meant.`);
}

function listUpdated(table: TableShape, update: readonly string[], given: readonly string[]) {
  return listColumns(table, update, "update").map((name, at) => {
    if (given.includes(name)) return name;
    throw invalid(`update[${at}]`, `no row gives "${name}", or it is a conflict column.`);
  });
}

function returningClause(
  { sql, id, list }: Writer,
  table: TableShape,
  { returning }: { readonly returning?: readonly string[] | undefined },
  otherwise: readonly string[] = table.primaryKey,
): Piece | undefined {
  const names = returning ? listColumns(table, returning, "returning") : otherwise;
  if (names.length === 0) return undefined;
  return sql`returning ${list(names.map((name) => id(name)))}`;
}
