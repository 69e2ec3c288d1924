import {
  type Asking,
  askJson,
  type Catalog,
  ESTIMATED_ROWS,
  HAS_ROWS,
  KIND,
  OF_USERS,
} from "./catalog.ts";
import { checkSchema } from "./schemas.ts";
import { EVERYTHING, type Visibility } from "./visibility.ts";

export interface TableSummaryColumn {
  readonly name: string;
  readonly type: string;
  /** Is it of the primary key? */
  readonly key: boolean;
}

export interface TableSummary {
  readonly schema: string;
  readonly name: string;
  readonly kind: "table" | "view" | "materialized view" | "foreign table" | "partitioned table";
  /** Postgres' own estimate; null before it has counted once (ANALYZE). */
  readonly estimatedRows: number | null;
  readonly comment: string | null;
  /** Where they were asked for, in their order. */
  readonly columns?: TableSummaryColumn[];
}

export interface TableFilter extends Asking {
  readonly schema?: string;
  readonly visible?: Visibility;
}

export interface TableListOptions extends TableFilter {
  readonly columns?: boolean;
  /** Tables to skip, and tables of one page. */
  readonly offset?: number;
  readonly limit?: number;
}

export interface TableList {
  readonly tables: TableSummary[];
  /** Are there more than this page holds? */
  readonly truncated: boolean;
  readonly total: number;
}

/** More tables than any list is read for. */
const MAX_TABLES = 1_000;

const TABLES = `SELECT jsonb_agg(t ORDER BY t.schema, t.name) FROM (
  SELECT n.nspname AS schema, c.relname AS name, ${KIND} AS kind, ${ESTIMATED_ROWS} AS "estimatedRows",
    obj_description(c.oid, 'pg_class') AS comment,
    CASE WHEN $2::boolean THEN (
      SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
        'key', EXISTS (SELECT FROM pg_catalog.pg_constraint p
          WHERE p.conrelid = c.oid AND p.contype = 'p' AND a.attnum = ANY (p.conkey))) ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
    END AS columns
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE ${HAS_ROWS} AND NOT c.relispartition
    AND CASE WHEN $1::text IS NULL THEN ${OF_USERS} ELSE n.nspname = $1 END) t`;

type Row = Omit<TableSummary, "columns"> & { columns: TableSummaryColumn[] | null };

/** Tables and views of one schema, or of all but Postgres' own; partitions are a part of their table. */
export async function listTables(
  catalog: Catalog,
  options: TableListOptions = {},
): Promise<TableList> {
  const { schema, visible = EVERYTHING, columns = false, signal } = options;
  const { offset = 0, limit = MAX_TABLES } = options;
  const asking = signal ? { signal } : {};
  const params = [schema ?? null, String(columns)];
  const rows = (await askJson<Row[]>(catalog, TABLES, params, asking)) ?? [];
  const seen = rows.filter((row) => visible.table(row.schema, row.name));
  if (seen.length === 0 && schema !== undefined)
    await checkSchema(catalog, schema, { visible, ...asking });
  const tables = seen.slice(offset, offset + limit).map((row) => toSummary(row, visible));
  return { tables, truncated: offset + tables.length < seen.length, total: seen.length };
}

function toSummary({ columns, ...row }: Row, visible: Visibility): TableSummary {
  if (columns === null) return row;
  return {
    ...row,
    columns: columns.filter(({ name }) => visible.column(row.schema, row.name, name)),
  };
}
