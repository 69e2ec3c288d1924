import type { Connection } from "../../drivers/driver.ts";
import type { Target } from "./candidates.ts";
import type { Scan } from "./plan.ts";

export interface Surroundings {
  readonly targets: Target[];
  /** Where hypopg is, as SQL takes it; null where it is not. */
  readonly hypopg: string | null;
  readonly trigrams: boolean;
  /** Does anything of the database's own run when an index is made? */
  readonly eventTriggers: boolean;
}

const SURROUNDINGS = `SELECT jsonb_build_object(
  'hypopg', (SELECT quote_ident(n.nspname) FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'hypopg'),
  'trigrams', EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'pg_trgm'),
  'eventTriggers', EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D'),
  'targets', (SELECT COALESCE(jsonb_agg(t), '[]') FROM (
    SELECT s.alias, n.nspname AS schema, c.relname AS "table",
      CASE WHEN c.relkind = 'p' THEN (SELECT COALESCE(sum(GREATEST(p.reltuples, 0)), 0)
          FROM pg_catalog.pg_partition_tree(c.oid) x JOIN pg_catalog.pg_class p ON p.oid = x.relid AND x.isleaf)
        ELSE GREATEST(c.reltuples, 0) END::bigint AS rows,
      pg_table_size(c.oid) AS bytes, c.relkind = 'p' AS partitioned, pg_has_role(c.relowner, 'USAGE') AS owned,
      (SELECT COALESCE(jsonb_object_agg(attname, n_distinct), '{}') FROM pg_catalog.pg_stats
        WHERE schemaname = n.nspname AND tablename = c.relname AND inherited = (c.relkind = 'p')) AS distinct,
      (SELECT COALESCE(jsonb_agg((SELECT jsonb_agg(pg_get_indexdef(i.indexrelid, k, true) ORDER BY k)
          FROM generate_series(1, i.indnkeyatts) k)), '[]') FROM pg_catalog.pg_index i
        WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL) AS indexes
    FROM jsonb_to_recordset($1::jsonb) s(alias text, schema text, "table" text)
    JOIN pg_catalog.pg_namespace sn ON sn.nspname = s.schema
    JOIN pg_catalog.pg_class sc ON sc.relnamespace = sn.oid AND sc.relname = s."table"
    JOIN pg_catalog.pg_class c ON c.oid = COALESCE(CASE WHEN sc.relispartition THEN pg_partition_root(sc.oid) END, sc.oid)
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm')) t))`;

/** What is known of the tables that plans read. */
export async function readSurroundings(
  connection: Connection,
  scans: readonly Scan[],
): Promise<Surroundings> {
  const asked = scans.map(({ alias, schema, table }) => ({ alias, schema, table }));
  const { rows } = await connection.run(SURROUNDINGS, [JSON.stringify(asked)]);
  return JSON.parse(rows[0]?.[0] ?? "null") as Surroundings;
}
