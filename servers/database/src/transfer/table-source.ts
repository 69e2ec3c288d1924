import type { Guard } from "../guard/guard.ts";
import type { Catalog } from "../structure/catalog.ts";
import { describeTable } from "../structure/describe-table.ts";
import { visibilityOf } from "../structure/visibility.ts";
import type { ExportSource } from "./export.ts";
import {
  columnOf,
  findTarget,
  quoteName,
  quoteTarget,
  type Target,
  type TargetName,
} from "./target.ts";

export interface Asking {
  readonly guard: Guard;
  readonly signal?: AbortSignal;
}

/** The statement that reads a table: the columns asked for, or all that may be seen. */
export async function tableSource(
  catalog: Catalog,
  { columns, ...name }: TargetName & { readonly columns?: readonly string[] | undefined },
  asking: Asking,
): Promise<ExportSource> {
  const target = await knownTarget(catalog, name, asking);
  const { schema, table } = target;
  const visible = visibilityOf(asking.guard);
  const all = target.columns.map((column) => column.name);
  const names =
    columns?.map((column) => columnOf(target, column).name) ??
    all.filter((column) => visible.column(schema, table, column));
  asking.guard.checkTable(schema, table, names);
  return { sql: `SELECT ${names.map(quoteName).join(", ")} FROM ${quoteTarget(target)}` };
}

/** Throws `not_found` with the nearest names. */
export async function knownTarget(
  catalog: Catalog,
  { table, schema }: TargetName,
  { guard, signal }: Asking,
): Promise<Target> {
  const asking = signal ? { signal } : {};
  const visible = visibilityOf(guard);
  const [first, second, ...more] = table.split(".");
  const found =
    (await findTarget(catalog, { table, schema }, asking)) ??
    (schema === undefined && second !== undefined && more.length === 0
      ? await findTarget(catalog, { schema: first, table: second }, asking)
      : undefined);
  if (found !== undefined && visible.table(found.schema, found.table)) return found;
  // What knows of no such table also knows what was meant.
  const described = await describeTable(catalog, table, {
    ...asking,
    visible,
    ...(schema === undefined ? {} : { schema }),
  });
  guard.checkTable(described.schema, described.name);
  throw new Error(`${described.name} is described and not found`);
}
