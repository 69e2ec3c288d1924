import { execFileSync } from "node:child_process";

/** One row, one column of text. */
export type Ask = (sql: string) => Promise<string>;

/** What a server writes down by itself, and how often it looked. */
const BY_ITSELF = `ARRAY['relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid', 'relminmxid']`;
const OTHERS = `'pg_statistic', 'pg_statistic_ext_data'`;

const TABLES = `SELECT string_agg(format('SELECT %L AS name, md5(string_agg(line, chr(10) ORDER BY line)) AS sum
    FROM (SELECT (to_jsonb(t) - ${BY_ITSELF.replaceAll("'", "''")})::text AS line FROM (SELECT * FROM %s) t) lines', oid::regclass, oid::regclass), ' UNION ALL ')
  FROM pg_class WHERE relkind IN ('r', 'm', 'S') AND relpersistence <> 't' AND NOT relisshared AND relname NOT IN (${OTHERS})`;

/** Every row of every table, sequence and catalog of a database, as one sum for each. */
export async function sums(ask: Ask): Promise<string> {
  const each = await ask(TABLES);
  return ask(
    `SELECT string_agg(name || ' ' || coalesce(sum, ''), chr(10) ORDER BY name) FROM (${each}) tables`,
  );
}

/** Comes with every Postgres, and with no package. */
const PROGRAM = "pg_dump";

/** All that a backup would hold; empty where the program is older than the server, and so refuses. */
export function backup(url: string, serverMajor: number): string {
  const version = execFileSync(PROGRAM, ["--version"], { encoding: "utf8" });
  if (Number(/\d+/.exec(version)?.[0]) < serverMajor) return "";
  const args = ["--no-sync", "-b", "-d", url];
  const text = execFileSync(PROGRAM, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  // Newer ones write a key of their own into each dump.
  return text.replaceAll(/^\\(un)?restrict .*$/gm, "");
}
