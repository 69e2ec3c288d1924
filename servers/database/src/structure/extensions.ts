import { type Asking, askJson, type Catalog } from "./catalog.ts";

export interface Extension {
  readonly name: string;
  /** As it is installed; null where it only could be. */
  readonly version: string | null;
  /** The newest that the server has files for. */
  readonly newest: string | null;
  readonly schema: string | null;
  readonly comment: string | null;
}

const EXTENSIONS = `SELECT jsonb_agg(x ORDER BY x.name) FROM (
  SELECT COALESCE(e.extname, a.name) AS name, e.extversion AS version, a.default_version AS newest,
    n.nspname AS schema, a.comment
  FROM pg_catalog.pg_extension e
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
  FULL JOIN pg_catalog.pg_available_extensions a ON a.name = e.extname
  WHERE e.oid IS NOT NULL OR $1::boolean) x`;

/** The extensions that are installed, and on demand those that could be. */
export async function listExtensions(
  catalog: Catalog,
  { available = false, signal }: Asking & { readonly available?: boolean } = {},
): Promise<Extension[]> {
  const asking = signal ? { signal } : {};
  return (await askJson<Extension[]>(catalog, EXTENSIONS, [String(available)], asking)) ?? [];
}
