import { OF_USERS, usedBy } from "../../structure/catalog.ts";
import { defineCheck, type Item, inBytes, inTime, plural } from "./check.ts";

interface Index {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly bytes: number;
  readonly columns: string[];
}

const FROM_INDEXES = `FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
  JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`;

const FACTS = `n.nspname AS schema, c.relname AS "table", ic.relname AS name,
  pg_relation_size(ic.oid) AS bytes, ${usedBy("i")} AS columns`;

const toItem = ({ schema, table, name, bytes, columns }: Index): Item => ({
  text: `${name} on ${schema}.${table}, ${inBytes(bytes)}`,
  schema,
  table,
  columns,
});

const sum = (indexes: readonly Index[]) =>
  inBytes(indexes.reduce((bytes, index) => bytes + index.bytes, 0));

export const invalidIndexes = defineCheck<Index[] | null>({
  name: "invalid_indexes",
  sql: `SELECT jsonb_agg(x) FROM (SELECT ${FACTS} ${FROM_INDEXES}
    WHERE (NOT i.indisvalid OR NOT i.indisready) AND ic.relkind = 'i' AND ${OF_USERS} ORDER BY 1, 2, 3 LIMIT 50) x`,
  judge(indexes) {
    if (!indexes) return { status: "ok", message: "Every index is valid." };
    return {
      status: "warning",
      message: `${plural(indexes.length, "index", "indexes")} can not be used and ${indexes.length === 1 ? "is" : "are"} still written to: a CREATE INDEX CONCURRENTLY failed or still runs.`,
      items: indexes.map(toItem),
      advice: "Unless it is being built now: REINDEX INDEX CONCURRENTLY, or drop it.",
    };
  },
});

const MIN_UNUSED_BYTES = 1_048_576;

/** Seconds since the counters began; they are kept for the whole database. */
const COUNTED = `(SELECT round(extract(epoch FROM now() - COALESCE(stats_reset, pg_postmaster_start_time())))::bigint
  FROM pg_catalog.pg_stat_database WHERE datname = current_database())`;

export const unusedIndexes = defineCheck<{ indexes: Index[] | null; seconds: number | null }>({
  name: "unused_indexes",
  sql: `SELECT jsonb_build_object('seconds', ${COUNTED}, 'indexes', (SELECT jsonb_agg(x) FROM (SELECT ${FACTS} ${FROM_INDEXES}
    JOIN pg_catalog.pg_stat_user_indexes s ON s.indexrelid = i.indexrelid
    WHERE s.idx_scan = 0 AND NOT i.indisunique AND NOT i.indisexclusion AND i.indisvalid
      AND pg_relation_size(ic.oid) >= ${MIN_UNUSED_BYTES} AND ${OF_USERS}
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.indexrelid)
    ORDER BY bytes DESC LIMIT 50) x))`,
  judge({ indexes, seconds }) {
    const since = seconds === null ? "" : ` in the ${inTime(seconds)} that were counted`;
    if (!indexes)
      return {
        status: "ok",
        message: `No index over ${inBytes(MIN_UNUSED_BYTES)} went unused${since}.`,
      };
    // What runs once a month is not seen in a day.
    const long = (seconds ?? 0) >= 7 * 86_400;
    return {
      status: long ? "warning" : "ok",
      message: `${plural(indexes.length, "index", "indexes")} of ${sum(indexes)} ${indexes.length === 1 ? "was" : "were"} not used${since}.`,
      items: indexes.map(toItem),
      advice: long
        ? "If no replica uses them either: DROP INDEX CONCURRENTLY."
        : "The counters are young: look again after a week before dropping one.",
    };
  },
});

interface Pair extends Index {
  readonly other: string;
  readonly same: boolean;
}

/** Of the same table and kind, over the same columns in the same way; or over the first of them. */
export const duplicateIndexes = defineCheck<Pair[] | null>({
  name: "duplicate_indexes",
  sql: `WITH x AS (SELECT i.*, ${FACTS}, ic.relam, pg_get_expr(i.indpred, i.indrelid) AS predicate,
      array_to_string(ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false) || ' ' || i.indclass[k - 1] || ' '
        || i.indcollation[k - 1] || ' ' || i.indoption[k - 1] FROM generate_series(1, i.indnkeyatts) k), ', ') AS keys,
      EXISTS (SELECT FROM pg_catalog.pg_constraint p WHERE p.conindid = i.indexrelid) AS serves
    ${FROM_INDEXES} WHERE i.indisvalid AND ic.relkind = 'i' AND ${OF_USERS}
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.indexrelid))
  SELECT jsonb_agg(p) FROM (
    SELECT DISTINCT ON (a.indexrelid) a.schema, a."table", a.name, a.bytes, a.columns, b.name AS other, a.keys = b.keys AS same
    FROM x a JOIN x b ON b.indrelid = a.indrelid AND b.indexrelid <> a.indexrelid AND b.relam = a.relam
      AND b.predicate IS NOT DISTINCT FROM a.predicate AND a.indnatts = a.indnkeyatts
    WHERE NOT a.serves AND (
      a.keys = b.keys AND (b.indisunique OR NOT a.indisunique)
        AND (b.serves OR b.indisunique > a.indisunique OR b.indexrelid < a.indexrelid)
      OR NOT a.indisunique AND a.relam = (SELECT oid FROM pg_catalog.pg_am WHERE amname = 'btree')
        AND starts_with(b.keys, a.keys || ', '))
    ORDER BY a.indexrelid, same DESC LIMIT 50) p`,
  judge(pairs) {
    if (!pairs) return { status: "ok", message: "No index is covered by another." };
    return {
      status: "warning",
      message: `${plural(pairs.length, "index", "indexes")} of ${sum(pairs)} ${pairs.length === 1 ? "is" : "are"} covered by another, and cost${pairs.length === 1 ? "s" : ""} each write.`,
      items: pairs.map((pair) => ({
        ...toItem(pair),
        text: `${toItem(pair).text}: ${pair.same ? "the same as" : "the beginning of"} ${pair.other}`,
      })),
      advice: "DROP INDEX CONCURRENTLY those named first.",
    };
  },
});

interface Key {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly columns: string[];
  readonly rows: number;
}

export const unindexedForeignKeys = defineCheck<Key[] | null>({
  name: "foreign_keys_without_index",
  sql: `SELECT jsonb_agg(k) FROM (
    SELECT n.nspname AS schema, c.relname AS "table", f.conname AS name, GREATEST(c.reltuples, 0)::bigint AS rows,
      (SELECT jsonb_agg(a.attname ORDER BY k.place) FROM unnest(f.conkey) WITH ORDINALITY k(number, place)
        JOIN pg_catalog.pg_attribute a ON a.attnum = k.number AND a.attrelid = c.oid) AS columns
    FROM pg_catalog.pg_constraint f JOIN pg_catalog.pg_class c ON c.oid = f.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE f.contype = 'f' AND f.conparentid = 0 AND c.reltuples >= 10000 AND ${OF_USERS}
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
        AND (i.indkey::int2[])[0:cardinality(f.conkey) - 1] @> f.conkey)
    ORDER BY rows DESC LIMIT 50) k`,
  judge(keys) {
    if (!keys) return { status: "ok", message: "Every foreign key of a large table has an index." };
    return {
      status: "warning",
      message: `${plural(keys.length, "foreign key")} of a table with 10,000 rows or more ${keys.length === 1 ? "has" : "have"} no index: a delete or an update of the referenced row reads the whole table.`,
      items: keys.map(({ schema, table, name, columns, rows }) => ({
        text: `${name} on ${schema}.${table} (${columns.join(", ")}), ~${rows} rows`,
        schema,
        table,
        columns,
      })),
      advice:
        "CREATE INDEX CONCURRENTLY on these columns, where referenced rows are deleted or joined from.",
    };
  },
});
