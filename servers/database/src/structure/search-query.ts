import { HAS_ROWS, KIND, OF_USERS, usedBy } from "./catalog.ts";

const ENUM_VALUES = `(SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
  FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid)`;

const notOfExtension = (
  catalog: string,
  object: string,
) => `NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
  WHERE d.classid = 'pg_catalog.${catalog}'::regclass AND d.objid = ${object} AND d.deptype = 'e')`;

/** Everything that has a name: its family, kind, schema, table, own name, comment, definition, and the columns of an index. */
const OBJECTS = `
  SELECT 'schema' AS family, 'schema' AS kind, n.nspname::text AS schema, NULL::text AS "table", n.nspname::text AS own,
    obj_description(n.oid, 'pg_namespace') AS comment, NULL::text AS definition,
    NULL::jsonb AS uses
  FROM pg_catalog.pg_namespace n WHERE ${OF_USERS}
UNION ALL
  SELECT 'table', ${KIND}, n.nspname, c.relname, c.relname, obj_description(c.oid, 'pg_class'), NULL, NULL
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE ${HAS_ROWS} AND NOT c.relispartition AND ${OF_USERS}
UNION ALL
  SELECT 'column', 'column', n.nspname, c.relname, a.attname, col_description(c.oid, a.attnum),
    format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END, NULL
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND ${HAS_ROWS} AND NOT c.relispartition AND ${OF_USERS}
UNION ALL
  SELECT 'index', 'index', n.nspname, c.relname, ic.relname, obj_description(ic.oid, 'pg_class'),
    pg_get_indexdef(ic.oid), ${usedBy("i")}
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
  JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT c.relispartition AND ${OF_USERS}
UNION ALL
  SELECT 'function', 'function', n.nspname, NULL, p.proname, obj_description(p.oid, 'pg_proc'),
    '(' || pg_get_function_arguments(p.oid) || ')' || COALESCE(' returns ' || pg_get_function_result(p.oid), ''), NULL
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE ${OF_USERS} AND ${notOfExtension("pg_proc", "p.oid")}
UNION ALL
  SELECT 'type', 'type', n.nspname, NULL, t.typname, obj_description(t.oid, 'pg_type'),
    CASE t.typtype WHEN 'e' THEN 'enum (' || ${ENUM_VALUES} || ')'
      WHEN 'd' THEN 'domain over ' || format_type(t.typbasetype, t.typtypmod) ELSE 'range' END, NULL
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  WHERE t.typtype IN ('e', 'd', 'r') AND ${OF_USERS} AND ${notOfExtension("pg_type", "t.oid")}`;

/**
 * What fits: $1 patterns as JSON, $2 families as JSON or null, $3 a schema or null. Each word has to be in the
 * name, its table's or the comment, and one of them in the name or the comment itself: a search for a table
 * does not answer with all its columns.
 */
export const SEARCH = `SELECT jsonb_agg(o) FROM (SELECT * FROM (${OBJECTS}) o
  WHERE ($2::jsonb IS NULL OR $2::jsonb ? o.family) AND ($3::text IS NULL OR o.schema = $3)
    AND concat_ws(' ', o.own, o."table", o.comment) ILIKE ALL (SELECT jsonb_array_elements_text($1::jsonb))
    AND concat_ws(' ', o.own, o.comment) ILIKE ANY (SELECT jsonb_array_elements_text($1::jsonb))
  LIMIT 5000) o`;
