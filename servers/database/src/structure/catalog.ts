import type { Database } from "../postgres/database.ts";

/** A database that our own questions may be asked of. */
export type Catalog = Pick<Database, "read">;

export interface Asking {
  readonly signal?: AbortSignal;
}

/**
 * Asks one question whose answer is a single JSON value in a single row, so that every question costs one
 * round trip and reads the same through every driver. No row, and SQL's null, are null.
 */
export function askJson<Value>(
  catalog: Catalog,
  sql: string,
  params: readonly (string | null)[] = [],
  { signal }: Asking = {},
): Promise<Value | null> {
  return catalog.read(
    async (connection) => {
      const { rows } = await connection.run(sql, params);
      const text = rows[0]?.[0] ?? null;
      return text === null ? null : (JSON.parse(text) as Value);
    },
    signal ? { signal } : {},
  );
}

/** What `pg_class` calls `c`, in words. */
export const KIND = `CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
    WHEN 'f' THEN 'foreign table' ELSE 'partitioned table' END`;

/** Is the row `c` of `pg_class` something that has rows? */
export const HAS_ROWS = "c.relkind IN ('r', 'v', 'm', 'f', 'p')";

/** Is the namespace `n` one that people make? */
export const OF_USERS = "n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'";

/** Postgres' estimate of the rows of `c`; null before it has counted once. Before 14, 0 stood for that too. */
export const ESTIMATED_ROWS = `CASE WHEN c.relkind <> 'v' AND (c.reltuples > 0 OR c.reltuples = 0
    AND (c.relpages > 0 OR current_setting('server_version_num')::int >= 140000))
    THEN c.reltuples::bigint END`;

/** The columns of `c` that a catalog's object depends on, those inside expressions too. */
export const dependsOn = (catalog: string, object: string) => `(SELECT jsonb_agg(DISTINCT a.attname)
  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attribute a
    ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE d.classid = 'pg_catalog.${catalog}'::regclass AND d.objid = ${object}
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid > 0)`;

/** The names of numbered columns, in the order of the numbers. */
export const namesOf = (
  numbers: string,
  relation: string,
) => `(SELECT jsonb_agg(a.attname ORDER BY k.place)
  FROM unnest(${numbers}) WITH ORDINALITY k(number, place)
  JOIN pg_catalog.pg_attribute a ON a.attnum = k.number AND a.attrelid = ${relation})`;

/** The columns of `c` that the row of `pg_index` is over, those inside expressions too. */
export const usedBy = (index: string) =>
  `COALESCE(${namesOf(`${index}.indkey::int2[]`, "c.oid")}, '[]')
    || COALESCE(${dependsOn("pg_class", `${index}.indexrelid`)}, '[]')`;
