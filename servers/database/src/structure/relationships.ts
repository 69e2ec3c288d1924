import { askJson, type Catalog, namesOf, OF_USERS } from "./catalog.ts";
import { describeTable } from "./describe-table.ts";
import { checkSchema } from "./schemas.ts";
import type { TableFilter } from "./tables.ts";
import { EVERYTHING, type Visibility } from "./visibility.ts";

interface End {
  readonly schema: string;
  readonly table: string;
  readonly columns: string[];
}

/** A foreign key, seen as a relation between two tables. */
export interface Relationship {
  readonly name: string;
  readonly from: End;
  readonly to: End;
  /** Is there at most one row of `from` to each row of `to`? */
  readonly unique: boolean;
  /** May a row of `from` point nowhere? */
  readonly optional: boolean;
  /** `cascade`, `set null` …; null for the usual, which refuses. */
  readonly onDelete: string | null;
}

export interface RelationshipFilter extends TableFilter {
  /** Only what touches this table. */
  readonly table?: string;
}

const RELATIONSHIPS = `SELECT jsonb_agg(r) FROM (
  SELECT f.conname AS name,
    jsonb_build_object('schema', n.nspname, 'table', c.relname, 'columns', ${namesOf("f.conkey", "f.conrelid")}) AS "from",
    jsonb_build_object('schema', tn.nspname, 'table', t.relname, 'columns', ${namesOf("f.confkey", "f.confrelid")}) AS "to",
    EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL
      AND i.indnkeyatts = cardinality(f.conkey) AND i.indkey::int2[] <@ f.conkey AND f.conkey <@ i.indkey::int2[]) AS unique,
    EXISTS (SELECT FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum = ANY (f.conkey) AND NOT a.attnotnull) AS optional,
    CASE f.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' WHEN 'd' THEN 'set default' END AS "onDelete"
  FROM pg_catalog.pg_constraint f
  JOIN pg_catalog.pg_class c ON c.oid = f.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class t ON t.oid = f.confrelid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
  WHERE f.contype = 'f' AND f.conparentid = 0 AND ${OF_USERS}
    AND ($1::text IS NULL OR $1 IN (n.nspname, tn.nspname))
  ORDER BY n.nspname, c.relname, f.conname) r`;

/**
 * The foreign keys of a database, a schema or around one table. Throws `not_found` for a table or schema that
 * is not there.
 */
export async function getRelationships(
  catalog: Catalog,
  filter: RelationshipFilter = {},
): Promise<Relationship[]> {
  const { schema, table, visible = EVERYTHING, signal } = filter;
  const asking = signal ? { signal } : {};
  const focus = table === undefined ? undefined : await describeTable(catalog, table, filter);
  const within = focus?.schema ?? schema;
  const all = await askJson<Relationship[]>(catalog, RELATIONSHIPS, [within ?? null], asking);
  if (!all && within !== undefined) await checkSchema(catalog, within, { visible, ...asking });
  const isFocus = (end: End) => end.schema === focus?.schema && end.table === focus.name;
  return (all ?? []).filter(
    ({ from, to }) =>
      isSeen(from, visible) && isSeen(to, visible) && (!focus || isFocus(from) || isFocus(to)),
  );
}

function isSeen({ schema, table, columns }: End, visible: Visibility): boolean {
  return (
    visible.table(schema, table) && columns.every((name) => visible.column(schema, table, name))
  );
}
