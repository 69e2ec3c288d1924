import { nearestName, TrestleError } from "@trestle/protocol";
import { askJson, type Catalog } from "./catalog.ts";
import { DESCRIPTION, type DescriptionRow } from "./description-query.ts";
import { listTables, type TableFilter, type TableSummary } from "./tables.ts";
import { EVERYTHING, type Visibility } from "./visibility.ts";

export interface TableColumn {
  readonly name: string;
  /** With its modifiers: `numeric(10,2)`, `character varying(80)`. */
  readonly type: string;
  readonly nullable: boolean;
  /** The expression of the default, of a generated column or of an identity. */
  readonly default: string | null;
  readonly comment: string | null;
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: string[];
  readonly references: {
    readonly schema: string;
    readonly table: string;
    readonly columns: string[];
  };
}

/** A foreign key of another table that points here. */
export interface Referrer {
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly columns: string[];
}

export interface TableIndex {
  readonly name: string;
  readonly unique: boolean;
  /** As `CREATE INDEX` would make it. */
  readonly definition: string;
}

export interface TableDescription {
  readonly schema: string;
  readonly name: string;
  readonly kind: TableSummary["kind"];
  /** Postgres' own estimate; null before it has counted once (ANALYZE). */
  readonly estimatedRows: number | null;
  readonly comment: string | null;
  readonly columns: TableColumn[];
  readonly primaryKey: string[];
  readonly foreignKeys: ForeignKey[];
  readonly referencedBy: Referrer[];
  readonly indexes: TableIndex[];
  /** Check, unique and exclusion constraints as SQL. */
  readonly constraints: string[];
  /** As `CREATE TRIGGER` would make them. */
  readonly triggers: string[];
  /** Row-level security; null where it is off. */
  readonly policies: string[] | null;
  /** `RANGE (day)`, and how many partitions there are; null where the table has none. */
  readonly partitions: { readonly key: string; readonly count: number } | null;
  /** The query of a view. */
  readonly definition: string | null;
}

/**
 * All there is to know of a table or view. Without a schema, the search path decides, as in SQL;
 * `schema.table` in one is understood. Throws `not_found` with the nearest names.
 */
export async function describeTable(
  catalog: Catalog,
  table: string,
  filter: TableFilter = {},
): Promise<TableDescription> {
  const { schema, visible = EVERYTHING, signal } = filter;
  const asking = signal ? { signal } : {};
  const row =
    (await askJson<DescriptionRow>(catalog, DESCRIPTION, [table, schema ?? null], asking)) ??
    (await bySplitName(catalog, table, filter));
  if (!row || !visible.table(row.schema, row.name))
    throw await unknownTable(catalog, table, filter);
  const shown = withoutHidden(row, visible);
  if (shown.definition === null || (await visible.statement(shown.definition))) return shown;
  return { ...shown, definition: null };
}

async function bySplitName(
  catalog: Catalog,
  table: string,
  { schema, signal }: TableFilter,
): Promise<DescriptionRow | null> {
  const [first, second, ...more] = table.split(".");
  if (schema !== undefined || !first || !second || more.length > 0) return null;
  return askJson(catalog, DESCRIPTION, [second, first], signal ? { signal } : {});
}

/** What hides a column also hides the keys, indexes and rules that would name it. */
function withoutHidden(row: DescriptionRow, visible: Visibility): TableDescription {
  const { schema, name } = row;
  const seen = ({ uses }: { uses: string[] | null }) =>
    (uses ?? []).every((column) => visible.column(schema, name, column));
  const columns = row.columns.filter((column) => visible.column(schema, name, column.name));
  const all = columns.length === row.columns.length;
  return {
    ...row,
    columns: columns.map(({ generated, ...column }) =>
      generated && !all ? { ...column, default: "generated" } : column,
    ),
    primaryKey: seen({ uses: row.primaryKey }) ? row.primaryKey : [],
    foreignKeys: row.foreignKeys.filter(
      ({ columns: own, references: { schema: s, table: t, columns: theirs } }) =>
        seen({ uses: own }) &&
        visible.table(s, t) &&
        theirs.every((column) => visible.column(s, t, column)),
    ),
    referencedBy: row.referencedBy.filter(
      ({ schema: s, table: t, columns: theirs }) =>
        visible.table(s, t) && theirs.every((column) => visible.column(s, t, column)),
    ),
    indexes: row.indexes.filter(seen).map(({ uses: _uses, ...index }) => index),
    constraints: row.constraints.filter(seen).map(({ definition }) => definition),
    triggers: all ? row.triggers : [],
    policies: all || row.policies === null ? row.policies : [],
  };
}

async function unknownTable(
  catalog: Catalog,
  table: string,
  filter: TableFilter,
): Promise<TrestleError> {
  const { tables } = await listTables(catalog, filter);
  const names = tables.map(({ name }) => name);
  const asked = filter.schema === undefined ? table : `${filter.schema}.${table}`;
  const elsewhere = tables.filter(({ name }) => name === table).map(({ schema }) => schema);
  const nearest = nearestName(table, names);
  const hint =
    elsewhere.length > 0
      ? `It exists in schema ${elsewhere.join(", ")}: pass schema.`
      : nearest
        ? `Did you mean "${nearest}"? list_tables shows its schema.`
        : "list_tables shows what there is.";
  return new TrestleError("not_found", `There is no table or view "${asked}". ${hint}`, {
    details: { similar: nearest ? [nearest] : [] },
  });
}
