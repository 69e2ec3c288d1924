import type { Database } from "../postgres/database.ts";
import { type Asking, askJson } from "../structure/catalog.ts";

export interface ConnectionFacts {
  readonly version: string;
  readonly database: string;
  readonly bytes: number | null;
  readonly user: string;
  readonly sessionUser: string;
  /** What the role may do beyond its grants: `superuser`, `createdb` … */
  readonly attributes: string[];
  readonly host: string | null;
  readonly port: number | null;
  readonly tls: string | null;
  readonly encoding: string;
  readonly timeZone: string;
  readonly searchPath: string;
  readonly standby: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
}

const FACTS = `SELECT to_jsonb(f) FROM (SELECT current_setting('server_version') AS version, current_database() AS database,
  CASE WHEN has_database_privilege(current_database(), 'CONNECT') THEN pg_database_size(current_database()) END AS bytes,
  current_user AS "user", session_user AS "sessionUser",
  (SELECT to_jsonb(array_remove(ARRAY[CASE WHEN rolsuper THEN 'superuser' END, CASE WHEN rolcreatedb THEN 'createdb' END,
    CASE WHEN rolcreaterole THEN 'createrole' END, CASE WHEN rolreplication THEN 'replication' END,
    CASE WHEN rolbypassrls THEN 'bypassrls' END], NULL)) FROM pg_catalog.pg_roles WHERE rolname = current_user) AS attributes,
  host(inet_server_addr()) AS host, inet_server_port() AS port,
  (SELECT version || ' ' || cipher FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS tls,
  current_setting('server_encoding') AS encoding,
  (SELECT COALESCE(reset_val, setting) FROM pg_catalog.pg_settings WHERE name = 'TimeZone') AS "timeZone",
  current_setting('search_path') AS "searchPath", pg_is_in_recovery() AS standby,
  to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS "startedAt") f`;

/** Who we are to the server, and what it is. */
export async function readConnectionFacts(
  database: Pick<Database, "read">,
  asking: Asking = {},
): Promise<ConnectionFacts> {
  const facts = await askJson<ConnectionFacts>(database, FACTS, [], asking);
  if (facts === null) throw new Error("The server told nothing of itself.");
  return facts;
}

/** A connection string as it may be shown: no password, and no parameter that could hold a secret. */
export function maskUrl(text: string): string {
  if (!URL.canParse(text)) return "(not a URL)";
  const url = new URL(text);
  if (url.password !== "") url.password = "***";
  for (const name of [...url.searchParams.keys()])
    if (!SAFE_PARAMETERS.has(name)) url.searchParams.set(name, "***");
  return url.href;
}

const SAFE_PARAMETERS = new Set([
  "sslmode",
  "channel_binding",
  "application_name",
  "connect_timeout",
  "host",
  "port",
  "dbname",
]);
