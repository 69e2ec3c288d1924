import { createHash } from "node:crypto";
import type { JsonObject, JsonValue } from "@trestle/protocol";
import { encodeValue } from "./encode.ts";
import { type ColumnShape, findCompared, invalid, type TableShape } from "./shape.ts";
import type { Piece, Writer } from "./writer.ts";

/** A column's name, ascending; or more exactly. */
export type OrderItem =
  | string
  | {
      readonly column: string;
      readonly direction?: "asc" | "desc" | undefined;
      /** As in SQL: last when ascending, first when descending. */
      readonly nulls?: "first" | "last" | undefined;
    };

export interface Order {
  readonly column: ColumnShape;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** What was asked for, each column once, and then `last`, so that rows have one order only. */
export function readOrder(
  table: TableShape,
  asked: readonly OrderItem[],
  last: readonly string[] = table.primaryKey,
): Order[] {
  const orders = asked.map((item, index) => {
    const { column, direction, nulls } = typeof item === "string" ? { column: item } : item;
    const descending = direction === "desc";
    return {
      column: findCompared(table, column, `orderBy[${index}]`),
      descending,
      nullsFirst: nulls === undefined ? descending : nulls === "first",
    };
  });
  for (const name of last) {
    const column = table.columns.find((each) => each.name === name);
    const descending = orders[0]?.descending ?? false;
    if (column && !table.masked?.includes(name))
      orders.push({ column, descending, nullsFirst: descending });
  }
  const seen = new Set<string>();
  return orders.filter(({ column: { name } }) => !seen.has(name) && seen.add(name));
}

export function orderClause(writer: Writer, orders: readonly Order[]): Piece | undefined {
  if (orders.length === 0) return undefined;
  return writer.sql`order by ${writer.list(orders.map((order) => orderPiece(writer, order)))}`;
}

function orderPiece({ sql, id }: Writer, { column, descending, nullsFirst }: Order): Piece {
  const direction = descending ? sql`desc` : sql`asc`;
  // Postgres' own places of nulls are left unsaid, and need not be said where there are none.
  if (!column.nullable || nullsFirst === descending) return sql`${id(column.name)} ${direction}`;
  return sql`${id(column.name)} ${direction} nulls ${nullsFirst ? sql`first` : sql`last`}`;
}

/**
 * Can the last row of a page say where the next one begins? Only where the order names each row, and its values
 * come back as they went: in JSON, a null of `jsonb` is like one of SQL, and arrays have no bounds.
 */
export function isTotal(table: TableShape, orders: readonly Order[]): boolean {
  if (orders.some(({ column }) => column.isArray || column.base === "jsonb")) return false;
  const names = new Set(orders.map(({ column }) => column.name));
  const isNotNull = (name: string) => table.columns.some((it) => it.name === name && !it.nullable);
  return table.uniqueKeys.some((key) => key.every((name) => names.has(name) && isNotNull(name)));
}

/** Where a page ended: which order it was read in, and the values of its last row. */
export function makeCursor(table: TableShape, orders: readonly Order[], row: JsonObject): string {
  const values = orders.map(({ column }) => row[column.name] ?? null);
  return Buffer.from(JSON.stringify([digest(table, orders), values])).toString("base64url");
}

/** Throws `invalid_input` where the text is no cursor, or one of another table or order. */
export function readCursor(table: TableShape, orders: readonly Order[], cursor: string) {
  const [of, values] = parseCursor(cursor);
  if (of === digest(table, orders) && Array.isArray(values) && values.length === orders.length)
    return values as JsonValue[];
  throw invalid(
    "cursor",
    "this is no cursor of this table and order: give the nextCursor of the page before, with the same orderBy.",
  );
}

function parseCursor(cursor: string): JsonValue[] {
  try {
    const read = JSON.parse(Buffer.from(cursor, "base64url").toString()) as JsonValue;
    return Array.isArray(read) ? read : [];
  } catch {
    return [];
  }
}

function digest(table: TableShape, orders: readonly Order[]): string {
  const facts = orders.map((it) => [it.column.name, it.descending, it.nullsFirst]);
  const text = JSON.stringify([table.schema, table.name, facts]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 10);
}

/** The rows after a cursor: beyond it by the first column, or level there and beyond it by the next. */
export function afterCursor(
  writer: Writer,
  orders: readonly Order[],
  values: readonly JsonValue[],
): Piece {
  const { sql, id, list } = writer;
  const bind = (index: number) => {
    const column = (orders[index] as Order).column;
    return writer.value(encodeValue(values[index] ?? null, column, "cursor"), "cursor");
  };
  const [first] = orders;
  const isUniform = orders.every(
    ({ column, descending }) => !column.nullable && descending === first?.descending,
  );
  if (isUniform && orders.length > 1) {
    const names = list(orders.map(({ column }) => id(column.name)));
    const sign = first?.descending ? sql`<` : sql`>`;
    return sql`(${names}) ${sign} (${list(orders.map((_, index) => bind(index)))})`;
  }
  const ways = orders.map((order, index) => {
    const level = orders.slice(0, index).map(({ column }, before) => {
      const isNull = (values[before] ?? null) === null;
      return isNull ? sql`${id(column.name)} is null` : sql`${id(column.name)} = ${bind(before)}`;
    });
    const isNull = (values[index] ?? null) === null;
    const beyond = isNull ? beyondNull(writer, order) : beyondValue(writer, order, bind(index));
    return sql`(${list([...level, beyond], sql` and `)})`;
  });
  return sql`(${list(ways, sql` or `)})`;
}

function beyondNull({ sql, id }: Writer, { column, nullsFirst }: Order): Piece {
  return nullsFirst ? sql`${id(column.name)} is not null` : sql`false`;
}

function beyondValue({ sql, id }: Writer, order: Order, value: Piece): Piece {
  const name = id(order.column.name);
  const beyond = order.descending ? sql`${name} < ${value}` : sql`${name} > ${value}`;
  const nullsFollow = order.column.nullable && !order.nullsFirst;
  return nullsFollow ? sql`(${beyond} or ${name} is null)` : beyond;
}
