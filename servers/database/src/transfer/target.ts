import { nearestName, TrestleError } from "@trestle/protocol";
import { askJson, type Catalog } from "../structure/catalog.ts";

export type ValueKind = "json" | "bytea" | "other";

export interface TargetColumn {
  readonly name: string;
  /** The type as a cast names it, without modifiers: a cast with them would cut values in silence. */
  readonly cast: string;
  /** How values of JSON become its text. */
  readonly kind: ValueKind;
  /** Of what, where it holds arrays. */
  readonly element: ValueKind | null;
  readonly generated: boolean;
  /** `GENERATED ALWAYS AS IDENTITY`. */
  readonly always: boolean;
}

/** A table that rows go into, or come out of. */
export interface Target {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly TargetColumn[];
  readonly primaryKey: readonly string[];
}

/** In SQL: what the row of `pg_type` under that alias is to us. */
function kindOf(type: string): string {
  return `CASE WHEN ${type}.typname IN ('json', 'jsonb') THEN 'json' WHEN ${type}.typname = 'bytea' THEN 'bytea' ELSE 'other' END`;
}

const TARGET = `SELECT jsonb_build_object(
  'schema', n.nspname, 'table', c.relname,
  'columns', (SELECT jsonb_agg(jsonb_build_object(
      'name', a.attname,
      'cast', quote_ident(tn.nspname) || '.' || quote_ident(t.typname),
      'kind', ${kindOf("b")},
      'element', CASE WHEN b.typcategory = 'A' THEN ${kindOf("e")} END,
      'generated', a.attgenerated <> '',
      'always', a.attidentity = 'a') ORDER BY a.attnum)
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
    JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typbasetype = 0 THEN t.oid ELSE t.typbasetype END
    LEFT JOIN pg_catalog.pg_type e ON e.oid = b.typelem
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  'primaryKey', (SELECT coalesce(jsonb_agg(a.attname ORDER BY k.place), '[]')
    FROM pg_catalog.pg_constraint p
    CROSS JOIN LATERAL unnest(p.conkey) WITH ORDINALITY AS k(number, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
    WHERE p.conrelid = c.oid AND p.contype = 'p'))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = $1
  AND CASE WHEN $2::text IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname = $2 END`;

export interface TargetName {
  readonly table: string;
  readonly schema?: string | undefined;
}

/** What is known of a table; undefined where there is none of that name. Without a schema, the search path decides. */
export async function findTarget(
  catalog: Catalog,
  { table, schema }: TargetName,
  asking: { readonly signal?: AbortSignal } = {},
): Promise<Target | undefined> {
  const found = await askJson<Target>(catalog, TARGET, [table, schema ?? null], asking);
  return found === null ? undefined : { ...found, columns: found.columns ?? [] };
}

/** The column of that name. Throws `invalid_input` with the nearest. */
export function columnOf(target: Target, name: string): TargetColumn {
  const names = target.columns.map((column) => column.name);
  const column = target.columns.find((each) => each.name === name);
  if (column !== undefined) return column;
  const nearest = nearestName(name, names);
  const hint = nearest ? `Did you mean "${nearest}"?` : `It has ${names.join(", ")}.`;
  throw new TrestleError(
    "invalid_input",
    `${target.table} has no column "${name}". ${hint} Rename it in the file, or give the names as columns.`,
  );
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteTarget({ schema, table }: Pick<Target, "schema" | "table">): string {
  return `${quoteName(schema)}.${quoteName(table)}`;
}
