import { nearestName, TrestleError } from "@trestle/protocol";
import type { Database, QueryOptions } from "./database.ts";

export interface TableSummary {
  readonly schema: string;
  readonly name: string;
  readonly kind: "table" | "view" | "materialized view" | "foreign table" | "partitioned table";
  /** Postgres' own estimate; null before it has counted once (ANALYZE). */
  readonly estimatedRows: number | null;
  readonly comment: string | null;
}

export type TableFilter = Pick<QueryOptions, "signal"> & { readonly schema?: string };

/** More tables than any list is read for; beyond it, callers name a schema. */
const MAX_TABLES = 1_000;
const CATALOG_LIMITS = { maxBytes: 10_000_000, offset: 0 } as const;

const TABLES = `SELECT n.nspname AS schema, c.relname AS name,
  CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
    WHEN 'f' THEN 'foreign table' ELSE 'partitioned table' END AS kind,
  CASE WHEN c.relkind <> 'v' AND c.reltuples >= 0 THEN c.reltuples::bigint END AS "estimatedRows",
  obj_description(c.oid, 'pg_class') AS comment
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND NOT c.relispartition
  AND CASE WHEN $1::text IS NULL
    THEN n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' ELSE n.nspname = $1 END
ORDER BY 1, 2`;

/** Tables and views of one schema, or of all but Postgres' own. */
export async function listTables(
  database: Pick<Database, "query">,
  { schema, signal }: TableFilter = {},
): Promise<{ tables: TableSummary[]; truncated: boolean }> {
  const { rows, truncated } = await database.query(TABLES, [schema ?? null], {
    ...CATALOG_LIMITS,
    maxRows: MAX_TABLES,
    ...(signal ? { signal } : {}),
  });
  if (rows.length === 0 && schema !== undefined) await checkSchema(database, schema);
  return { tables: rows as unknown as TableSummary[], truncated };
}

/** Throws `not_found` with the nearest names. */
async function checkSchema(database: Pick<Database, "query">, schema: string): Promise<void> {
  const { rows } = await database.query("SELECT nspname FROM pg_catalog.pg_namespace", [], {
    maxRows: MAX_TABLES,
  });
  const names = rows.map((row) => String(row.nspname));
  if (names.includes(schema)) return;
  const nearest = nearestName(schema, names);
  const listed = names.filter((name) => !name.startsWith("pg_")).slice(0, 20);
  throw new TrestleError(
    "not_found",
    `There is no schema "${schema}".${nearest ? ` Did you mean "${nearest}"?` : ""} Schemas: ${listed.join(", ")}.`,
  );
}
