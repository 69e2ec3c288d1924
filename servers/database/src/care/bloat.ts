import { type Asking, askJson, type Catalog, OF_USERS, usedBy } from "../structure/catalog.ts";
import { EVERYTHING, type Visibility } from "../structure/visibility.ts";

/** Space that a table or an index takes beyond what its rows need. */
export interface Bloat {
  readonly kind: "table" | "index";
  readonly schema: string;
  readonly table: string;
  /** Of an index. */
  readonly index: string | null;
  readonly bytes: number;
  /** Estimated from the statistics of ANALYZE. */
  readonly wastedBytes: number;
  /** `wastedBytes` of `bytes`, 0 to 1. */
  readonly share: number;
  readonly deadRows: number | null;
}

export interface BloatOptions extends Asking {
  readonly schema?: string;
  /** Only what wastes at least so many bytes. */
  readonly minBytes?: number;
  readonly limit?: number;
  readonly visible?: Visibility;
}

/** What a row of a table takes: its header, a bitmap where there are nulls, its columns, rounded up to 8. */
const ROW_WIDTH = `8 * ceil((23 + CASE WHEN max(s.null_frac) > 0 THEN 1 + count(*) / 8 ELSE 0 END) / 8.0)
  + 8 * ceil(sum((1 - s.null_frac) * s.avg_width) / 8.0)`;

/**
 * How many pages the rows would fill, by their average widths: a page has a header of 24 bytes, a row a pointer of
 * 4, and the fill factor says how much of a page is used. An index of a B-tree has 16 bytes more on each page, and
 * 8 with each key; a tenth of its pages is left free where nothing else was said.
 */
const BLOAT = `WITH sizes AS (SELECT current_setting('block_size')::numeric AS block),
tables AS (
  SELECT 'table' AS kind, n.nspname AS schema, c.relname AS "table", NULL::text AS index, NULL::jsonb AS columns,
    pg_relation_size(c.oid) AS bytes,
    block * ceil(c.reltuples / NULLIF(floor((block - 24) * COALESCE(substring(array_to_string(c.reloptions, ' ') FROM 'fillfactor=([0-9]+)')::numeric, 100) / 100
      / (4 + w.width)), 0)) AS needed, t.n_dead_tup AS "deadRows"
  FROM sizes, pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_stat_all_tables t ON t.relid = c.oid,
  LATERAL (SELECT ${ROW_WIDTH} AS width FROM pg_catalog.pg_stats s
    WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND NOT s.inherited) w
  WHERE c.relkind IN ('r', 'm') AND c.reltuples > 0),
indexes AS (
  SELECT 'index' AS kind, n.nspname AS schema, c.relname AS "table", ic.relname::text AS index, ${usedBy("i")} AS columns,
    pg_relation_size(ic.oid) AS bytes,
    block * (1 + ceil(ic.reltuples / NULLIF(floor((block - 40) * COALESCE(substring(array_to_string(ic.reloptions, ' ') FROM 'fillfactor=([0-9]+)')::numeric, 90) / 100
      / (4 + 8 + w.width)), 0))) AS needed, NULL::bigint AS "deadRows"
  FROM sizes, pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
  JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
  LATERAL (SELECT 8 * ceil(sum((1 - s.null_frac) * s.avg_width) / 8.0) AS width, count(*) AS known
    FROM pg_catalog.pg_attribute a
    LEFT JOIN pg_catalog.pg_attribute own ON own.attrelid = c.oid AND own.attnum = i.indkey[a.attnum - 1]
    JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND NOT s.inherited
      AND (s.tablename, s.attname) = CASE WHEN own.attname IS NULL THEN (ic.relname, a.attname) ELSE (c.relname, own.attname) END
    WHERE a.attrelid = ic.oid) w
  WHERE ic.relam = (SELECT oid FROM pg_catalog.pg_am WHERE amname = 'btree') AND ic.relkind = 'i' AND ic.reltuples > 0
    AND w.known = i.indnatts)
SELECT jsonb_agg(b) FROM (
  SELECT kind, schema, "table", index, columns, bytes, (bytes - needed)::bigint AS "wastedBytes",
    round((1 - needed / bytes)::numeric, 3) AS share, "deadRows"
  FROM (SELECT * FROM tables UNION ALL SELECT * FROM indexes) x, LATERAL (SELECT x.schema AS nspname) n
  WHERE bytes > 0 AND bytes - needed >= $2::bigint AND CASE WHEN $1::text IS NULL THEN ${OF_USERS} ELSE schema = $1 END
  ORDER BY "wastedBytes" DESC LIMIT 1000) b`;

/** What wastes the most first. Of tables that were never analysed, and may not be read, nothing is known. */
export async function findBloat(catalog: Catalog, options: BloatOptions = {}): Promise<Bloat[]> {
  const { schema, minBytes = 1_048_576, limit = 20, visible = EVERYTHING, signal } = options;
  const params = [schema ?? null, String(minBytes)];
  const asking = signal ? { signal } : {};
  type Row = Bloat & { readonly columns: string[] | null };
  const rows = (await askJson<Row[]>(catalog, BLOAT, params, asking)) ?? [];
  return rows
    .filter(
      ({ schema: own, table, columns }) =>
        visible.table(own, table) &&
        (columns ?? []).every((column) => visible.column(own, table, column)),
    )
    .slice(0, limit)
    .map(({ columns: _columns, ...bloat }) => bloat);
}
