import {
  afterCursor,
  isTotal,
  type Order,
  type OrderItem,
  orderClause,
  readCursor,
  readOrder,
} from "./order.ts";
import { invalid, listColumns, type TableShape } from "./shape.ts";
import { joinConditions, readTableWhere, type Where, whereClause } from "./where.ts";
import type { Compiled, Writer } from "./writer.ts";

export interface SelectInput {
  /** Left out: all that may be seen. */
  readonly columns?: readonly string[] | undefined;
  readonly where?: Where | undefined;
  readonly orderBy?: readonly OrderItem[] | undefined;
  /** Each different row once. */
  readonly distinct?: boolean | undefined;
  /** Rows of the page. */
  readonly limit: number;
  readonly offset?: number | undefined;
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

export interface CompiledSelect extends Compiled {
  readonly orders: readonly Order[];
  /** Columns that are read for the cursor only. */
  readonly hidden: readonly string[];
  /** Can the next page begin after the last row's values? */
  readonly hasCursor: boolean;
}

/** A page of a table, the rows before it, and one row more, which tells that there are more. */
export function compileSelect(
  writer: Writer,
  table: TableShape,
  input: SelectInput,
): CompiledSelect {
  const { sql, id, list } = writer;
  const columns = listColumns(table, input.columns, "columns");
  const orders = ordersOf(table, input, columns);
  const hasCursor = !input.distinct && isTotal(table, orders);
  const hidden = hasCursor
    ? orders.map(({ column }) => column.name).filter((name) => !columns.includes(name))
    : [];
  const condition = joinConditions(writer, "and", [
    readTableWhere(writer, table, input.where),
    ...(input.cursor === undefined
      ? []
      : [afterCursor(writer, orders, startOf(table, orders, { ...input, hasCursor }))]),
  ]);
  const rows = (input.offset ?? 0) + input.limit + 1;
  const statement = writer.parts(
    input.distinct ? sql`select distinct` : sql`select`,
    list([...columns, ...hidden].map((name) => id(name))),
    sql`from ${id(table.schema, table.name)}`,
    whereClause(writer, condition),
    orderClause(writer, orders),
    sql`limit ${writer.value(String(rows), "limit")}`,
  );
  return { ...writer.compile(statement), orders, hidden, hasCursor };
}

/** What `distinct` leaves can be sorted by what was selected only. */
function ordersOf(table: TableShape, input: SelectInput, columns: readonly string[]): Order[] {
  if (!input.distinct) return readOrder(table, input.orderBy ?? []);
  const orders = readOrder(table, input.orderBy ?? [], columns);
  const foreign = orders.find(({ column }) => !columns.includes(column.name));
  if (!foreign) return orders;
  throw invalid("orderBy", `with distinct, "${foreign.column.name}" must be among the columns.`);
}

function startOf(
  table: TableShape,
  orders: readonly Order[],
  { cursor = "", offset, hasCursor }: SelectInput & { hasCursor: boolean },
) {
  if (offset) throw invalid("offset", "a cursor says where to begin: leave offset out.");
  if (!hasCursor)
    throw invalid("cursor", "rows of this order have no cursor: use offset, or order by a key.");
  return readCursor(table, orders, cursor);
}
