import {
  type Asking,
  askJson,
  type Catalog,
  ESTIMATED_ROWS,
  OF_USERS,
} from "../structure/catalog.ts";
import { describeTable } from "../structure/describe-table.ts";
import { checkSchema } from "../structure/schemas.ts";
import { EVERYTHING, type Visibility } from "../structure/visibility.ts";

export const STATS_ORDERS = ["size", "rows", "dead", "sequential", "writes"] as const;
export type StatsOrder = (typeof STATS_ORDERS)[number];

export interface TableStats {
  readonly schema: string;
  readonly table: string;
  readonly estimatedRows: number | null;
  readonly deadRows: number;
  /** Bytes of the rows, of the indexes, and of all, with what was too long for a row. */
  readonly tableBytes: number;
  readonly indexBytes: number;
  readonly totalBytes: number;
  readonly sequentialScans: number;
  readonly indexScans: number;
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  /** ISO 8601; null: never, or before the counters began. */
  readonly lastVacuum: string | null;
  readonly lastAnalyze: string | null;
}

export interface ColumnStats {
  readonly column: string;
  /** Share of nulls, 0 to 1. */
  readonly nulls: number;
  /** How many different values; below 0: as a share of the rows, -1 for all different. */
  readonly distinct: number;
  /** Bytes. */
  readonly width: number;
  /** How far the order of the rows is the column's, -1 to 1. */
  readonly correlation: number | null;
}

export interface StatsOptions extends Asking {
  readonly schema?: string;
  readonly table?: string;
  readonly order?: StatsOrder;
  readonly limit?: number;
  readonly visible?: Visibility;
}

const ORDER_COLUMNS: Readonly<Record<StatsOrder, string>> = {
  size: `"totalBytes"`,
  rows: `"estimatedRows"`,
  dead: `"deadRows"`,
  sequential: `"sequentialScans"`,
  writes: "s.n_tup_ins + s.n_tup_upd + s.n_tup_del",
};

const iso = (time: string) => `to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

const toSql = (order: StatsOrder) => `SELECT jsonb_agg(t) FROM (
  SELECT n.nspname AS schema, c.relname AS "table", ${ESTIMATED_ROWS} AS "estimatedRows", COALESCE(s.n_dead_tup, 0) AS "deadRows",
    pg_relation_size(c.oid) AS "tableBytes", pg_indexes_size(c.oid) AS "indexBytes", pg_total_relation_size(c.oid) AS "totalBytes",
    COALESCE(s.seq_scan, 0) AS "sequentialScans", COALESCE(s.idx_scan, 0) AS "indexScans",
    COALESCE(s.n_tup_ins, 0) AS inserts, COALESCE(s.n_tup_upd, 0) AS updates, COALESCE(s.n_tup_del, 0) AS deletes,
    ${iso("GREATEST(s.last_vacuum, s.last_autovacuum)")} AS "lastVacuum",
    ${iso("GREATEST(s.last_analyze, s.last_autoanalyze)")} AS "lastAnalyze"
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
  WHERE c.relkind IN ('r', 'm', 'p') AND CASE WHEN $1::text IS NULL THEN ${OF_USERS} ELSE n.nspname = $1 END
    AND ($2::text IS NULL OR c.relname = $2)
  ORDER BY ${ORDER_COLUMNS[order]} DESC NULLS LAST, 1, 2 LIMIT 2000) t`;

/** The largest first, or by another order. Throws `not_found` for a schema or table that is not there. */
export async function readTableStats(
  catalog: Catalog,
  options: StatsOptions = {},
): Promise<{ tables: TableStats[]; total: number; columns?: ColumnStats[] }> {
  const { order = "size", limit = 20, visible = EVERYTHING, signal } = options;
  const asking = signal ? { signal } : {};
  const one =
    options.table === undefined ? undefined : await describeTable(catalog, options.table, options);
  const schema = one?.schema ?? options.schema;
  const params = [schema ?? null, one?.name ?? null];
  const all = (await askJson<TableStats[]>(catalog, toSql(order), params, asking)) ?? [];
  const seen = all.filter((row) => visible.table(row.schema, row.table));
  if (seen.length === 0 && schema !== undefined)
    await checkSchema(catalog, schema, { visible, ...asking });
  return {
    tables: seen.slice(0, limit),
    total: seen.length,
    ...(one ? { columns: await columnStats(catalog, one, asking) } : {}),
  };
}

const COLUMN_STATS = `SELECT jsonb_agg(s) FROM (
  SELECT attname AS "column", round(null_frac::numeric, 4) AS nulls, round(n_distinct::numeric, 4) AS distinct,
    avg_width AS width, round(correlation::numeric, 3) AS correlation
  FROM pg_catalog.pg_stats WHERE schemaname = $1 AND tablename = $2 AND NOT inherited) s`;

/** What ANALYZE found of each column, without a single value. */
async function columnStats(
  catalog: Catalog,
  { schema, name, columns }: { schema: string; name: string; columns: readonly { name: string }[] },
  asking: Asking,
): Promise<ColumnStats[]> {
  const found = (await askJson<ColumnStats[]>(catalog, COLUMN_STATS, [schema, name], asking)) ?? [];
  return columns.flatMap((column) => found.find((stats) => stats.column === column.name) ?? []);
}
