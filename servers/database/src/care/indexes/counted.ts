import { isTrestleError } from "@trestle/protocol";
import { readCatalog } from "../../guard/catalog.ts";
import type { Guard } from "../../guard/guard.ts";
import { type Asking, askJson, type Catalog } from "../../structure/catalog.ts";
import { explain, type Workload } from "./explain.ts";

const SCHEMA = `SELECT to_jsonb(quote_ident(n.nspname)) FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'`;

const counted = (schema: string) => `SELECT jsonb_agg(q) FROM (
  SELECT query, calls FROM ${schema}.pg_stat_statements
  WHERE dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND query ~* '^\\s*(select|with|update|delete)' AND query !~* '\\mpg_(catalog|stat)'
  ORDER BY total_exec_time DESC LIMIT 20) q`;

const MOST = 10;

/** The statements that took the most time, as far as the guard lets them be read and the planner understands them. */
export async function countedWorkload(
  catalog: Catalog,
  guard: Guard,
  asking: Asking = {},
): Promise<{ workload: Workload[]; notes: string[] }> {
  const schema = await askJson<string>(catalog, SCHEMA, [], asking);
  if (schema === null) return { workload: [], notes: [] };
  const rows = await askJson<{ query: string; calls: number }[]>(
    catalog,
    counted(schema),
    [],
    asking,
  );
  const workload: Workload[] = [];
  let passed = 0;
  for (const { query, calls } of rows ?? []) {
    const item = { sql: query, weight: calls };
    if (workload.length < MOST && (await canExplain(catalog, guard, item))) workload.push(item);
    else passed += 1;
  }
  const notes =
    passed === 0 ? [] : [`${workload.length} statements were looked at, ${passed} were not.`];
  return { workload, notes };
}

/** One that fails would fail all that is done in the same transaction: each is asked for alone. */
async function canExplain(catalog: Catalog, guard: Guard, item: Workload): Promise<boolean> {
  try {
    await guard.checkRead(`EXPLAIN ${item.sql}`, { catalog: () => catalog.read(readCatalog) });
    await catalog.read((connection) => explain(connection, item));
    return true;
  } catch (error) {
    if (isTrestleError(error) && error.code !== "unavailable" && error.code !== "cancelled")
      return false;
    throw error;
  }
}
