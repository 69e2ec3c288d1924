import type { Connection } from "../drivers/driver.ts";
import type { Asking, Catalog } from "../structure/catalog.ts";
import { EVERYTHING, type Visibility } from "../structure/visibility.ts";
import { showStatement } from "./statements.ts";

export const ORDERS = ["total", "mean", "max", "calls", "rows", "reads", "temp"] as const;
export type SlowOrder = (typeof ORDERS)[number];

export interface SlowQuery {
  readonly query: string;
  readonly calls: number;
  /** Milliseconds. */
  readonly totalMs: number;
  readonly meanMs: number;
  readonly maxMs: number;
  readonly rows: number;
  /** Share of the time of all statements that were counted, 0 to 1. */
  readonly share: number;
  /** Of the blocks it needed, those that were in shared_buffers, 0 to 1; null where it needed none. */
  readonly hitRate: number | null;
  /** Blocks of 8 kB that it wrote aside, as work_mem was too small. */
  readonly tempBlocks: number;
}

export interface RunningQuery {
  readonly pid: number;
  readonly seconds: number;
  readonly waitsFor: string | null;
  readonly query: string;
}

export interface SlowQueries {
  readonly queries: SlowQuery[];
  /** Since when they are counted, ISO 8601; null where it is not known. */
  readonly since: string | null;
  /** What runs now, for a second or more. */
  readonly running: RunningQuery[];
  /** Why nothing is counted, and what would change that. */
  readonly enable?: string;
}

export interface SlowOptions extends Asking {
  readonly order?: SlowOrder;
  readonly limit?: number;
  readonly minCalls?: number;
  readonly visible?: Visibility;
}

interface Presence {
  /** Where the extension is, as SQL takes it. */
  readonly schema: string | null;
  readonly available: boolean;
  /** Null where this role may not see the setting. */
  readonly preloaded: boolean | null;
  readonly version: number;
}

const PRESENCE = `SELECT jsonb_build_object(
  'schema', (SELECT quote_ident(n.nspname) FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'),
  'available', EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'pg_stat_statements'),
  'preloaded', (SELECT setting LIKE '%pg_stat_statements%' FROM pg_catalog.pg_settings WHERE name = 'shared_preload_libraries'),
  'version', current_setting('server_version_num')::int)`;

const RUNNING = `SELECT jsonb_agg(r) FROM (
  SELECT pid, round(extract(epoch FROM clock_timestamp() - query_start))::bigint AS seconds,
    NULLIF(concat_ws(' ', wait_event_type, wait_event), '') AS "waitsFor", query
  FROM pg_catalog.pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()
    AND backend_type = 'client backend' AND datname = current_database()
    AND query_start < clock_timestamp() - interval '1 s' ORDER BY query_start LIMIT 20) r`;

const COLUMNS: Readonly<Record<SlowOrder, string>> = {
  total: "total_exec_time",
  mean: "mean_exec_time",
  max: "max_exec_time",
  calls: "calls",
  rows: "rows",
  reads: "shared_blks_read",
  temp: "temp_blks_written",
};

const toSql = (schema: string, order: SlowOrder, version: number) => `WITH s AS (
  SELECT * FROM ${schema}.pg_stat_statements
  WHERE dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
SELECT jsonb_build_object(
  'since', ${version >= 140000 ? `(SELECT to_jsonb(stats_reset AT TIME ZONE 'UTC') FROM ${schema}.pg_stat_statements_info)` : "NULL"},
  'queries', (SELECT jsonb_agg(q) FROM (SELECT query, calls, round(total_exec_time::numeric, 1) AS "totalMs",
      round(mean_exec_time::numeric, 2) AS "meanMs", round(max_exec_time::numeric, 1) AS "maxMs", rows,
      round((total_exec_time / NULLIF((SELECT sum(total_exec_time) FROM s), 0))::numeric, 4) AS share,
      round(shared_blks_hit::numeric / NULLIF(shared_blks_hit + shared_blks_read, 0), 4) AS "hitRate",
      temp_blks_written AS "tempBlocks"
    FROM s WHERE calls >= $1::bigint ORDER BY ${COLUMNS[order]} DESC LIMIT $2::bigint) q))`;

/**
 * The statements that took the most, counted by pg_stat_statements, and those that run now. Where nothing is
 * counted, says how to begin. Literals are never shown.
 */
export async function findSlowQueries(
  catalog: Catalog,
  options: SlowOptions = {},
): Promise<SlowQueries> {
  const { order = "total", limit = 10, minCalls = 1, visible = EVERYTHING, signal } = options;
  const { presence, running, counted } = await catalog.read(
    async (connection) => {
      const presence = await ask<Presence>(connection, PRESENCE);
      const running = (await ask<RunningQuery[] | null>(connection, RUNNING)) ?? [];
      if (presence.schema === null || presence.preloaded === false)
        return { presence, running, counted: undefined };
      const sql = toSql(presence.schema, order, presence.version);
      const counted = await ask<Counted>(connection, sql, [String(minCalls), String(limit)]);
      return { presence, running, counted };
    },
    signal ? { signal } : {},
  );
  return {
    queries: await shown(counted?.queries ?? [], visible),
    since: typeof counted?.since === "string" ? `${counted.since}Z` : null,
    running: await shown(running, visible),
    ...(counted ? {} : { enable: toEnable(presence) }),
  };
}

interface Counted {
  readonly queries: SlowQuery[] | null;
  readonly since: string | null;
}

async function ask<Facts>(
  connection: Connection,
  sql: string,
  params: string[] = [],
): Promise<Facts> {
  const { rows } = await connection.run(sql, params);
  return JSON.parse(rows[0]?.[0] ?? "null") as Facts;
}

function shown<Query extends { readonly query: string }>(
  queries: readonly Query[],
  visible: Visibility,
): Promise<Query[]> {
  return Promise.all(
    queries.map(async (each) => ({ ...each, query: await showStatement(each.query, visible) })),
  );
}

function toEnable({ schema, available, preloaded }: Presence): string {
  if (!available && schema === null)
    return "This server has no pg_stat_statements: install the contrib package of its Postgres. Until then only what runs now can be seen.";
  const steps = [
    ...(preloaded
      ? []
      : [
          "add pg_stat_statements to shared_preload_libraries and restart (managed ones such as Neon have done so)",
        ]),
    ...(schema === null ? ["run CREATE EXTENSION pg_stat_statements in this database"] : []),
  ];
  return `Nothing is counted yet. To count: ${steps.join(", then ")}.`;
}
