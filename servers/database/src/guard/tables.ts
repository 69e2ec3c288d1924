import { type Catalog, type CatalogRelation, findRelation, kinOf } from "./catalog.ts";
import { VALUE_CATALOGS } from "./functions.ts";
import { hasLists, type Lists, meansColumn, meansTable, type Pattern, SETTINGS } from "./lists.ts";
import { refuse } from "./refusals.ts";
import type { TableUse } from "./uses.ts";

/** What of a table may not be touched, or only be shown masked. */
export interface Restriction {
  readonly table: string;
  readonly denied: (column: string) => boolean;
  readonly masked: (column: string) => boolean;
  readonly hasDenied: boolean;
  /** Is there surely such a column? A name could mean a function too. */
  readonly has: (column: string) => boolean;
}

/** Refuses a table that the lists do not let be used; otherwise, what its columns are restricted to. */
export function checkTable(
  lists: Lists,
  use: TableUse,
  catalog: Catalog | undefined,
): Restriction | undefined {
  const found = catalog && findRelation(catalog, use.schema, use.table);
  const schema = found?.schema ?? use.schema ?? schemaOf(use.table);
  if (isSystem(schema)) return checkSystemTable(lists, schema, use.table);
  const kin = found && catalog ? kinOf(catalog, found, use.only) : [];
  const names = found
    ? kin.map(({ schema, name }) => ({ schema, table: name }))
    : [{ ...use, schema }];
  for (const one of names) checkDenied(lists, one, use.table);
  checkAllowed(lists, schema, use.table);
  return restrict(lists, use, names, kin);
}

type Named = { readonly schema: string | undefined; readonly table: string };

/** The catalogs are on every search path, and no schema of people may begin like theirs. */
function schemaOf(table: string): string | undefined {
  return table.startsWith("pg_") ? "pg_catalog" : undefined;
}

function isSystem(schema: string | undefined): schema is string {
  return schema !== undefined && /^(pg_catalog|information_schema|pg_toast.*)$/.test(schema);
}

/** The catalogs tell of the structure; only some of them hold values of the tables. */
function checkSystemTable(lists: Lists, schema: string, table: string): undefined {
  checkDenied(lists, { schema, table }, table);
  if (VALUE_CATALOGS.has(table) || schema.startsWith("pg_toast"))
    refuse(`${table} holds values of all tables, and some of them are guarded`);
}

function checkDenied(lists: Lists, { schema, table }: Named, asked: string): void {
  const through = table === asked ? "" : `, and ${asked} shares rows with it`;
  const bySchema = lists.denySchemas.find(
    (pattern) => schema !== undefined && meansTable(pattern, schema, table),
  );
  if (bySchema)
    refuse(`the schema ${schema} may not be used (${SETTINGS.denySchemas}: ${bySchema.entry})`);
  const byTable = lists.denyTables.find((pattern) => meansTable(pattern, schema, table));
  if (byTable)
    refuse(
      `the table ${table} may not be used (${SETTINGS.denyTables}: ${byTable.entry})${through}`,
    );
}

function checkAllowed(lists: Lists, schema: string | undefined, table: string): void {
  const { allowSchemas, allowTables, denySchemas } = lists;
  const needsSchema =
    allowSchemas.length > 0 ||
    denySchemas.length > 0 ||
    (allowTables.length > 0 && !allowTables.some(anySchema(table)));
  if (schema === undefined && needsSchema)
    refuse(
      `which schema has the table ${table} is not said, and only some may be used`,
      `Write schema.${table}.`,
    );
  if (allowSchemas.length > 0 && !allowSchemas.some((one) => meansTable(one, schema, table)))
    refuse(`the schema ${schema} is not among those that may be used (${SETTINGS.allowSchemas})`);
  if (allowTables.length > 0 && !allowTables.some((one) => meansTable(one, schema, table)))
    refuse(`the table ${table} is not among those that may be used (${SETTINGS.allowTables})`);
}

function anySchema(table: string): (pattern: Pattern) => boolean {
  return (pattern) =>
    (pattern.schema === undefined || pattern.schema === "*") &&
    meansTable(pattern, undefined, table);
}

function restrict(
  lists: Lists,
  { table }: TableUse,
  names: readonly Named[],
  kin: readonly CatalogRelation[],
): Restriction | undefined {
  const meant = (patterns: readonly Pattern[]) =>
    patterns.filter((one) => names.some(({ schema, table }) => meansTable(one, schema, table)));
  const [deny, mask] = [meant(lists.denyColumns), meant(lists.maskColumns)];
  // Where the columns are known, a pattern that fits none of them restricts nothing.
  const columns = kin.length > 0 ? kin.flatMap((one) => one.columns) : undefined;
  const counts = (patterns: readonly Pattern[]) =>
    patterns.some((one) => !columns || columns.some(({ name }) => meansColumn(one, name)));
  if (!counts(deny) && !counts(mask)) return undefined;
  return {
    table,
    denied: (column) => deny.some((one) => meansColumn(one, column)),
    masked: (column) => mask.some((one) => meansColumn(one, column)),
    hasDenied: counts(deny),
    has: (column) => columns?.some(({ name }) => name === column) ?? false,
  };
}

/** For what writes rows by names and values, in every mode: rows of the catalogs are the structure. */
export function checkWritten(schema: string, table: string): void {
  if (isSystem(schema))
    refuse(
      `${schema}.${table} belongs to the system`,
      "Structure is changed by CREATE, ALTER and DROP, with run_sql.",
    );
}

/** For what names its table and columns: `*` stands for all columns. */
export function checkNamedTable(
  lists: Lists,
  schema: string | undefined,
  table: string,
  columns: readonly string[],
): void {
  if (!hasLists(lists)) return;
  const restriction = checkTable(lists, { schema, table, only: false }, undefined);
  for (const column of columns) {
    const isDenied = column === "*" ? restriction?.hasDenied : restriction?.denied(column);
    if (isDenied) refuseColumn(column, table);
  }
}

export function refuseColumn(column: string, table: string): never {
  if (column !== "*")
    refuse(`the column ${column} of ${table} may not be used (${SETTINGS.denyColumns})`);
  refuse(
    `* stands for columns of ${table} that may not be used (${SETTINGS.denyColumns})`,
    "Name the columns that you want.",
  );
}
