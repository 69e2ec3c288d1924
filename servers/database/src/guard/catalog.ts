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

/** Those of the given names, with all that they share rows with. */
const KIN = `seed AS (SELECT oid FROM pg_catalog.pg_class
    WHERE relname IN (SELECT jsonb_array_elements_text($1::jsonb))),
below AS (SELECT oid FROM seed UNION
  SELECT i.inhrelid FROM below JOIN pg_catalog.pg_inherits i ON i.inhparent = below.oid),
beyond AS (SELECT oid FROM seed UNION
  SELECT i.inhparent FROM beyond JOIN pg_catalog.pg_inherits i ON i.inhrelid = beyond.oid),
kin AS (SELECT oid FROM below UNION SELECT oid FROM beyond),`;

const catalogOf = (wanted: "all" | "named") => `WITH RECURSIVE ${wanted === "named" ? KIN : ""}
above AS (
  SELECT inhrelid AS oid, inhparent AS parent, 1 AS far FROM pg_catalog.pg_inherits
  UNION SELECT above.oid, i.inhparent, far + 1 FROM above
    JOIN pg_catalog.pg_inherits i ON i.inhrelid = above.parent
), parents AS (SELECT oid, json_agg(parent::int8 ORDER BY far) AS list FROM above GROUP BY oid
), used AS (
  SELECT w.ev_class AS oid,
    json_agg(DISTINCT jsonb_build_object('oid', d.refobjid::int8, 'number', d.refobjsubid)) AS list
  FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d
    ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
      AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> w.ev_class
  WHERE ${wanted === "named" ? "false" : "true"} GROUP BY w.ev_class
), relation AS (
  SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    ${wanted === "named" ? "AND c.oid IN (SELECT oid FROM kin)" : ""}
), named AS (
  SELECT attrelid AS oid, json_agg(json_build_object('number', attnum, 'name', attname) ORDER BY attnum) AS list
  FROM pg_catalog.pg_attribute WHERE attnum > 0 AND NOT attisdropped
    AND attrelid IN (SELECT oid FROM relation) GROUP BY attrelid
)
SELECT json_build_object(
  'searchPath', to_json(current_schemas(true)),
  'relations', COALESCE((SELECT json_agg(json_build_object(
    'oid', r.oid::int8, 'schema', r.nspname, 'name', r.relname, 'isView', r.relkind IN ('v', 'm'),
    'columns', COALESCE(named.list, '[]'), 'ancestors', COALESCE(parents.list, '[]'),
    'uses', CASE WHEN r.relkind IN ('v', 'm') THEN COALESCE(used.list, '[]') ELSE '[]' END
  )) FROM relation r LEFT JOIN named ON named.oid = r.oid LEFT JOIN parents ON parents.oid = r.oid
    LEFT JOIN used ON used.oid = r.oid), '[]'))::text`;

/**
 * Asks the database for its catalog: one statement, for a transaction that reads. With names, only for the
 * relations that are called so and what shares rows with them, without what views are made of: all that
 * the rules for one statement need.
 */
export async function readCatalog(
  connection: Connection,
  names?: readonly string[],
): Promise<Catalog> {
  const { rows } = names
    ? await connection.run(catalogOf("named"), [JSON.stringify(names)])
    : await connection.run(catalogOf("all"));
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
