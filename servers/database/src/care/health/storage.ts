import { OF_USERS } from "../../structure/catalog.ts";
import { defineCheck, inTime, percent, plural } from "./check.ts";

/** Under this nothing can be said of a share. */
const MIN_BLOCKS = 10_000;

export const cacheHitRate = defineCheck<{
  hit: number;
  read: number;
  indexHit: number;
  indexRead: number;
}>({
  name: "cache_hit_rate",
  sql: `SELECT jsonb_build_object('hit', COALESCE(sum(heap_blks_hit), 0), 'read', COALESCE(sum(heap_blks_read), 0),
      'indexHit', COALESCE(sum(idx_blks_hit), 0), 'indexRead', COALESCE(sum(idx_blks_read), 0))
    FROM pg_catalog.pg_statio_user_tables`,
  judge({ hit, read, indexHit, indexRead }) {
    if (hit + read < MIN_BLOCKS)
      return {
        status: "ok",
        message: `Too little was read to say (${hit + read} blocks of tables).`,
      };
    const tables = hit / (hit + read);
    const indexes = indexHit / Math.max(1, indexHit + indexRead);
    const low = tables < 0.95;
    return {
      status: tables < 0.8 ? "critical" : low ? "warning" : "ok",
      message: `${percent(tables)} of table blocks and ${percent(indexes)} of index blocks came from shared_buffers.`,
      ...(low
        ? {
            advice:
              "Look for queries that read whole tables (find_slow_queries, suggest_indexes), then raise shared_buffers.",
          }
        : {}),
    };
  },
});

interface Age {
  readonly databases: { name: string; xids: number; multis: number }[];
  readonly freezeAt: number;
}

export const wraparound = defineCheck<Age>({
  name: "transaction_id_wraparound",
  sql: `SELECT jsonb_build_object('freezeAt', current_setting('autovacuum_freeze_max_age')::bigint,
    'databases', (SELECT jsonb_agg(d) FROM (SELECT datname AS name, age(datfrozenxid) AS xids, mxid_age(datminmxid) AS multis
      FROM pg_catalog.pg_database ORDER BY 2 DESC LIMIT 20) d))`,
  judge({ databases, freezeAt }) {
    const worst = Math.max(...databases.map(({ xids, multis }) => Math.max(xids, multis)));
    const status = worst > 1_500_000_000 ? "critical" : worst > freezeAt * 2.5 ? "warning" : "ok";
    return {
      status,
      message: `The oldest transaction id is ${percent(worst / 2_147_483_648)} of the way to wraparound.`,
      ...(status === "ok"
        ? {}
        : {
            items: databases.map(({ name, xids, multis }) => ({
              text: `${name}: ${xids} transactions, ${multis} multixacts old`,
            })),
            advice:
              "VACUUM (FREEZE) what table_stats shows as never vacuumed; end old transactions, replication slots and prepared transactions that hold it back.",
          }),
    };
  },
});

interface Dead {
  readonly schema: string;
  readonly table: string;
  readonly dead: number;
  readonly live: number;
  readonly vacuumedAgo: number | null;
}

export const vacuum = defineCheck<{ tables: Dead[] | null; autovacuum: boolean; off: number }>({
  name: "vacuum",
  sql: `SELECT jsonb_build_object('autovacuum', current_setting('autovacuum')::boolean,
    'off', (SELECT count(*) FROM pg_catalog.pg_class WHERE 'autovacuum_enabled=false' = ANY (reloptions) OR 'autovacuum_enabled=off' = ANY (reloptions)),
    'tables', (SELECT jsonb_agg(t) FROM (
      SELECT schemaname AS schema, relname AS "table", n_dead_tup AS dead, n_live_tup AS live,
        round(extract(epoch FROM now() - GREATEST(last_vacuum, last_autovacuum)))::bigint AS "vacuumedAgo"
      FROM pg_catalog.pg_stat_user_tables
      WHERE n_dead_tup > 10000 AND n_dead_tup > 0.2 * (n_live_tup + n_dead_tup) ORDER BY n_dead_tup DESC LIMIT 20) t))`,
  judge({ tables, autovacuum, off }, { embedded }) {
    const remarks = [
      ...(autovacuum ? [] : ["autovacuum is off."]),
      ...(off > 0 ? [`${plural(off, "table")} turned autovacuum off.`] : []),
      tables
        ? `${plural(tables.length, "table")} consist${tables.length === 1 ? "s" : ""} of dead rows by a fifth or more.`
        : "No table has many dead rows.",
    ];
    if (autovacuum && !tables) return { status: "ok", message: remarks.join(" ") };
    return {
      status: autovacuum ? "warning" : "critical",
      message: remarks.join(" "),
      items: (tables ?? []).map(({ schema, table, dead, live, vacuumedAgo }) => ({
        text: `${schema}.${table}: ${dead} dead, ${live} live rows, ${vacuumedAgo === null ? "never vacuumed" : `vacuumed ${inTime(vacuumedAgo)} ago`}`,
        schema,
        table,
      })),
      advice: embedded
        ? "VACUUM (ANALYZE) them: in the embedded Postgres nothing does that by itself."
        : autovacuum
          ? "VACUUM (ANALYZE) them, and lower their autovacuum_vacuum_scale_factor."
          : "Set autovacuum = on.",
    };
  },
});

interface Sequence {
  readonly schema: string;
  readonly name: string;
  readonly table: string | null;
  readonly column: string | null;
  readonly last: number;
  readonly limit: number;
}

/** The end is the sequence's own, or that of the column that it feeds, whichever comes first. */
export const sequences = defineCheck<Sequence[] | null>({
  name: "sequences",
  sql: `SELECT jsonb_agg(x) FROM (SELECT * FROM (
    SELECT sn.nspname AS schema, sc.relname AS name, CASE WHEN n.nspname = sn.nspname THEN c.relname END AS "table", a.attname AS "column",
      pg_sequence_last_value(sc.oid) AS last, LEAST(s.seqmax,
        CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 ELSE s.seqmax END) AS limit
    FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class sc ON sc.oid = s.seqrelid
    JOIN pg_catalog.pg_namespace sn ON sn.oid = sc.relnamespace
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = sc.oid
      AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
    LEFT JOIN pg_catalog.pg_class c ON c.oid = d.refobjid LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE s.seqincrement > 0 AND NOT s.seqcycle AND has_sequence_privilege(sc.oid, 'USAGE, SELECT')) y
    WHERE last > 0.7 * "limit" ORDER BY last::float8 / "limit" DESC LIMIT 20) x`,
  judge(found) {
    if (!found) return { status: "ok", message: "No sequence is near its end." };
    const worst = Math.max(...found.map(({ last, limit }) => last / limit));
    return {
      status: worst > 0.9 ? "critical" : "warning",
      message: `${plural(found.length, "sequence")} ${found.length === 1 ? "has" : "have"} used more than 70 % of what its column can hold.`,
      items: found.map(({ schema, name, table, column, last, limit }) => ({
        text: `${schema}.${name}${column ? ` for ${table ?? "?"}.${column}` : ""}: ${percent(last / limit)} (${last} of ${limit})`,
        schema,
        ...(table ? { table, columns: column ? [column] : [] } : {}),
      })),
      advice: "Make the column a bigint before it ends: inserts fail after that.",
    };
  },
});

export const constraints = defineCheck<
  { schema: string; table: string; name: string; columns: string[] | null }[] | null
>({
  name: "unvalidated_constraints",
  sql: `SELECT jsonb_agg(x) FROM (SELECT n.nspname AS schema, c.relname AS "table", p.conname AS name,
      (SELECT jsonb_agg(a.attname) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (p.conkey)) AS columns
    FROM pg_catalog.pg_constraint p JOIN pg_catalog.pg_class c ON c.oid = p.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT p.convalidated AND p.contype IN ('c', 'f') AND ${OF_USERS} ORDER BY 1, 2, 3 LIMIT 50) x`,
  judge(found) {
    if (!found) return { status: "ok", message: "Every constraint holds for every row." };
    return {
      status: "warning",
      message: `${plural(found.length, "constraint")} ${found.length === 1 ? "was" : "were"} added as NOT VALID, and older rows may break ${found.length === 1 ? "it" : "them"}.`,
      items: found.map(({ schema, table, name, columns }) => ({
        text: `${name} on ${schema}.${table}`,
        schema,
        table,
        columns,
      })),
      advice: "ALTER TABLE … VALIDATE CONSTRAINT, which locks out no reads and no writes.",
    };
  },
});
