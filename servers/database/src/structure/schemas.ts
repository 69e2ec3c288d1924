import { nearestName, TrestleError } from "@trestle/protocol";
import { type Asking, askJson, type Catalog, HAS_ROWS, OF_USERS } from "./catalog.ts";
import { EVERYTHING, type Visibility } from "./visibility.ts";

export interface SchemaSummary {
  readonly name: string;
  readonly owner: string;
  /** Tables and views. */
  readonly tables: number;
  readonly functions: number;
  readonly comment: string | null;
}

export interface SchemaFilter extends Asking {
  readonly visible?: Visibility;
  /** Postgres' own schemas too. */
  readonly system?: boolean;
}

const SCHEMAS = `SELECT jsonb_agg(s ORDER BY s.name) FROM (
  SELECT n.nspname AS name, pg_get_userbyid(n.nspowner) AS owner,
    (SELECT count(*) FROM pg_catalog.pg_class c
      WHERE c.relnamespace = n.oid AND ${HAS_ROWS} AND NOT c.relispartition) AS tables,
    (SELECT count(*) FROM pg_catalog.pg_proc p WHERE p.pronamespace = n.oid
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')) AS functions,
    obj_description(n.oid, 'pg_namespace') AS comment
  FROM pg_catalog.pg_namespace n
  WHERE ${OF_USERS} OR $1::boolean AND n.nspname !~ '^pg_(toast|temp)') s`;

/** The schemas, with how much is in them. Functions of extensions do not count. */
export async function listSchemas(
  catalog: Catalog,
  { visible = EVERYTHING, system = false, signal }: SchemaFilter = {},
): Promise<SchemaSummary[]> {
  const asking = signal ? { signal } : {};
  const all = await askJson<SchemaSummary[]>(catalog, SCHEMAS, [String(system)], asking);
  return (all ?? []).filter(({ name }) => visible.schema(name));
}

/** Throws `not_found` with the nearest names; what is hidden is not there. */
export async function checkSchema(
  catalog: Catalog,
  schema: string,
  { visible = EVERYTHING, signal }: SchemaFilter = {},
): Promise<void> {
  const all = await listSchemas(catalog, { visible, system: true, ...(signal ? { signal } : {}) });
  const names = all.map(({ name }) => name);
  if (names.includes(schema)) return;
  const nearest = nearestName(schema, names);
  const listed = names.filter((name) => !name.startsWith("pg_")).slice(0, 20);
  throw new TrestleError(
    "not_found",
    `There is no schema "${schema}".${nearest ? ` Did you mean "${nearest}"?` : ""} Schemas: ${listed.join(", ")}.`,
  );
}
