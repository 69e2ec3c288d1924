import type { Operand } from "./operators.ts";
import type { OrderItem } from "./order.ts";
import { type ColumnShape, checkName, findCompared, invalid, type TableShape } from "./shape.ts";
import { readTableWhere, readWhere, type Where, whereClause } from "./where.ts";
import type { Compiled, Piece, Writer } from "./writer.ts";

export const FIGURES = ["count", "sum", "avg", "min", "max"] as const;
export const PERIODS = ["hour", "day", "week", "month", "quarter", "year"] as const;

export interface Aggregate {
  readonly function: (typeof FIGURES)[number];
  /** Of `count` it may be left out: rows are counted. */
  readonly column?: string | undefined;
  /** Each different value once. */
  readonly distinct?: boolean | undefined;
  /** The figure's name; `sum_amount` where left out. */
  readonly as?: string | undefined;
}

/** A column; or the hour, day … that its time is in. */
export type GroupItem =
  | string
  | {
      readonly column: string;
      readonly by?: (typeof PERIODS)[number] | undefined;
      readonly as?: string | undefined;
    };

export interface AggregateInput {
  readonly aggregates: readonly Aggregate[];
  readonly groupBy?: readonly GroupItem[] | undefined;
  readonly where?: Where | undefined;
  /** Conditions on figures and groups, by their names. */
  readonly having?: Where | undefined;
  /** By the names of figures and groups. */
  readonly orderBy?: readonly OrderItem[] | undefined;
  readonly limit: number;
  readonly offset?: number | undefined;
}

interface Named extends Operand {
  readonly name: string;
}

/** Figures of each group; of all rows where there are no groups. */
export function compileAggregate(
  writer: Writer,
  table: TableShape,
  input: AggregateInput,
): Compiled {
  const { sql, id, list } = writer;
  if (input.aggregates.length === 0) throw invalid("aggregates", "names no figure.");
  const groups = (input.groupBy ?? []).map((item, at) => toGroup(writer, table, item, at));
  const figures = input.aggregates.map((each, at) => toFigure(writer, table, each, at));
  const named = uniqueNames([...groups, ...figures]);
  const condition = readTableWhere(writer, table, input.where);
  const having = readHaving(writer, named, input.having);
  const rows = (input.offset ?? 0) + input.limit + 1;
  const statement = writer.parts(
    sql`select ${list(named.map(({ expression, name }) => sql`${expression} as ${id(name)}`))}`,
    sql`from ${id(table.schema, table.name)}`,
    whereClause(writer, condition),
    groups.length > 0 ? sql`group by ${list(groups.map((it) => it.expression))}` : undefined,
    having,
    orderByNames(writer, named, groups, input.orderBy ?? []),
    sql`limit ${writer.value(String(rows), "limit")}`,
  );
  return writer.compile(statement);
}

function toGroup({ sql, id }: Writer, table: TableShape, item: GroupItem, at: number): Named {
  const field = `groupBy[${at}]`;
  const { column: name, by, as } = typeof item === "string" ? { column: item } : item;
  const column = findCompared(table, name, field);
  if (as !== undefined) checkName(as, `${field}.as`);
  if (by === undefined) return { name: as ?? name, expression: id(column.name), column };
  if (!PERIODS.includes(by)) throw invalid(`${field}.by`, `must be one of ${PERIODS.join(", ")}.`);
  if (!["date", "timestamp", "timestamptz"].includes(column.base) || column.isArray)
    throw invalid(`${field}.by`, `needs a date or a timestamp; the column is ${column.type}.`);
  // One of our own six words: two parameters of one value would be two expressions to Postgres.
  const time = column.base === "date" ? sql`${id(column.name)}::timestamp` : id(column.name);
  const start = sql`date_trunc(${sql.lit(by)}, ${time})`;
  const expression = column.base === "date" ? sql`${start}::date` : start;
  return { name: as ?? cut(`${name}_${by}`), expression, column };
}

function toFigure({ sql, id }: Writer, table: TableShape, figure: Aggregate, at: number): Named {
  const field = `aggregates[${at}]`;
  const { function: word, distinct } = figure;
  if (!FIGURES.includes(word))
    throw invalid(`${field}.function`, `must be one of ${FIGURES.join(", ")}.`);
  if (figure.as !== undefined) checkName(figure.as, `${field}.as`);
  if (figure.column === undefined) {
    if (word !== "count" || distinct) throw invalid(`${field}.column`, `${word} needs a column.`);
    return { name: figure.as ?? "count", expression: sql`count(*)`, column: COUNT };
  }
  const column = findCompared(table, figure.column, `${field}.column`);
  checkSummable(word, column, field);
  const operand = distinct ? sql`distinct ${id(column.name)}` : id(column.name);
  return {
    name: figure.as ?? cut(`${word}${distinct ? "_distinct" : ""}_${column.name}`),
    expression: sql`${sql.raw(word)}(${operand})`,
    column: word === "count" ? COUNT : word === "min" || word === "max" ? column : toSum(column),
  };
}

function checkSummable(word: Aggregate["function"], column: ColumnShape, field: string): void {
  if (word !== "sum" && word !== "avg") return;
  // T: intervals. What extensions count as something of their own (U) may have sums, too.
  const isOwn = column.category === "U" && !OWN_WITHOUT_SUM.has(column.base);
  if (!column.isArray && (["N", "T"].includes(column.category) || isOwn)) return;
  throw invalid(`${field}.column`, `${word} is for numbers; the column is ${column.type}.`);
}

const OWN_WITHOUT_SUM = new Set(["uuid", "json", "jsonb", "bytea", "xml"]);

const NUMBER: ColumnShape = {
  name: "",
  type: "numeric",
  base: "numeric",
  category: "N",
  isArray: false,
  modifier: -1,
  nullable: true,
  generated: false,
};
const COUNT: ColumnShape = { ...NUMBER, type: "bigint", base: "int8" };

/** Whole numbers sum up to larger ones; what is no number (an interval) stays what it is. */
function toSum(column: ColumnShape): ColumnShape {
  return column.category === "N" && column.base !== "money" ? NUMBER : column;
}

function cut(name: string): string {
  let short = name;
  while (Buffer.byteLength(short) > 63) short = short.slice(0, -1).toWellFormed();
  return short;
}

function uniqueNames(named: readonly Named[]): readonly Named[] {
  const names = named.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return named;
  throw invalid("aggregates", `two results are called "${twice}": give one of them another "as".`);
}

function findNamed(named: readonly Named[], name: string, field: string): Named {
  const found = named.find((each) => each.name === name);
  if (found) return found;
  const names = named.map((each) => each.name).join(", ");
  throw invalid(
    field,
    `there is no result ${JSON.stringify(name.slice(0, 63))}. Results: ${names}.`,
  );
}

function readHaving(writer: Writer, named: readonly Named[], having: Where | undefined) {
  const find = (name: string, field: string): Operand => {
    const { expression, column } = findNamed(named, name, field);
    // A sum of whole numbers may be compared with a fraction, too.
    return column === NUMBER
      ? { column, expression: writer.sql`${expression}::numeric` }
      : { column, expression };
  };
  const condition = readWhere({ writer, find }, having ?? {}, "having");
  if (condition === "always") return undefined;
  return condition === "never" ? writer.sql`having false` : writer.sql`having ${condition}`;
}

/** Where nobody asks for an order, groups come in their own, so that pages fit together. */
function orderByNames(
  { sql, id, list }: Writer,
  named: readonly Named[],
  groups: readonly Named[],
  asked: readonly OrderItem[],
): Piece | undefined {
  const items: readonly OrderItem[] = [...asked, ...groups.map(({ name }) => name)];
  const orders = items.map((item, at) => {
    const order = typeof item === "string" ? { column: item } : item;
    const { name } = findNamed(named, order.column, `orderBy[${at}]`);
    const direction = order.direction === "desc" ? sql`desc` : sql`asc`;
    if (order.nulls === undefined) return sql`${id(name)} ${direction}`;
    return sql`${id(name)} ${direction} nulls ${order.nulls === "first" ? sql`first` : sql`last`}`;
  });
  return orders.length === 0 ? undefined : sql`order by ${list(orders)}`;
}
