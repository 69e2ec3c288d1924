import type { Connection } from "../drivers/driver.ts";

/** The relations of a database as the rules for tables and columns have to know them. */
export interface Catalog {
  /** The schemas in which names without a schema are looked for, in their order. */
  readonly searchPath: readonly string[];
  readonly relations: readonly CatalogRelation[];
}

export interface CatalogRelation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly isView: boolean;
  readonly columns: readonly { readonly number: number; readonly name: string }[];
  /** What it is a partition or a child of, itself left out, nearest first. */
  readonly ancestors: readonly number[];
  /** For views: the columns they are made of. */
  readonly uses: readonly { readonly oid: number; readonly number: number }[];
}

const CATALOG = `WITH RECURSIVE relation AS (
  SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
), above AS (
  SELECT inhrelid AS oid, inhparent AS parent, 1 AS far FROM pg_catalog.pg_inherits
  UNION SELECT above.oid, i.inhparent, far + 1 FROM above
    JOIN pg_catalog.pg_inherits i ON i.inhrelid = above.parent
)
SELECT jsonb_build_object(
  'searchPath', to_jsonb(current_schemas(true)),
  'relations', COALESCE((SELECT jsonb_agg(jsonb_build_object(
    'oid', r.oid::int8, 'schema', r.nspname, 'name', r.relname, 'isView', r.relkind IN ('v', 'm'),
    'columns', COALESCE((SELECT jsonb_agg(jsonb_build_object('number', attnum, 'name', attname) ORDER BY attnum)
      FROM pg_catalog.pg_attribute WHERE attrelid = r.oid AND attnum > 0 AND NOT attisdropped), '[]'),
    'ancestors', COALESCE((SELECT jsonb_agg(parent::int8 ORDER BY far) FROM above WHERE above.oid = r.oid), '[]'),
    'uses', COALESCE((SELECT jsonb_agg(DISTINCT jsonb_build_object('oid', d.refobjid::int8, 'number', d.refobjsubid))
      FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
          AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.oid
      WHERE w.ev_class = r.oid AND r.relkind IN ('v', 'm')), '[]')
  )) FROM relation r), '[]'))::text`;

/** Asks the database for its catalog: one statement, for a transaction that reads. */
export async function readCatalog(connection: Connection): Promise<Catalog> {
  const { rows } = await connection.run(CATALOG);
  return JSON.parse(rows[0]?.[0] ?? '{"searchPath":[],"relations":[]}') as Catalog;
}

/** The relation that a name means: the one of the schema, or the first on the search path. */
export function findRelation(
  { relations, searchPath }: Catalog,
  schema: string | undefined,
  name: string,
): CatalogRelation | undefined {
  for (const place of schema === undefined ? searchPath : [schema]) {
    const found = relations.find((one) => one.schema === place && one.name === name);
    if (found) return found;
  }
  return undefined;
}

/** A relation, what it is a part of, and, unless `only`, its own parts: a row is in all of them. */
export function kinOf(
  { relations }: Catalog,
  relation: CatalogRelation,
  only = false,
): CatalogRelation[] {
  return relations.filter(
    ({ oid, ancestors }) =>
      oid === relation.oid ||
      relation.ancestors.includes(oid) ||
      (!only && ancestors.includes(relation.oid)),
  );
}
