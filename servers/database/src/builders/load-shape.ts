import { nearestName, TrestleError } from "@trestle/protocol";
import type { Connection } from "../drivers/driver.ts";
import type { Database } from "../postgres/database.ts";
import { type ColumnShape, checkName, type TableShape } from "./shape.ts";

/** A domain's base is at the end of its chain; an array is told by its elements. */
const SHAPE = `SELECT n.nspname, c.relname,
  (SELECT jsonb_agg(jsonb_build_object('name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod),
      'nullable', NOT (a.attnotnull OR b.required),
      'generated', a.attgenerated <> '' OR a.attidentity = 'a',
      'modifier', CASE WHEN a.atttypmod >= 0 THEN a.atttypmod ELSE b.typmod END,
      'isArray', e.oid IS NOT NULL,
      'base', coalesce(e.typname, t.typname),
      'category', coalesce(e.typcategory, t.typcategory),
      'labels', (SELECT jsonb_agg(l.enumlabel ORDER BY l.enumsortorder)
        FROM pg_catalog.pg_enum l WHERE l.enumtypid = coalesce(e.oid, t.oid))) ORDER BY a.attnum)
    FROM pg_catalog.pg_attribute a
    CROSS JOIN LATERAL (WITH RECURSIVE chain AS (
        SELECT d.oid, d.typtype, d.typbasetype, d.typtypmod AS typmod, d.typnotnull AS required
        FROM pg_catalog.pg_type d WHERE d.oid = a.atttypid
        UNION ALL
        SELECT d.oid, d.typtype, d.typbasetype,
          CASE WHEN chain.typmod >= 0 THEN chain.typmod ELSE d.typtypmod END, chain.required OR d.typnotnull
        FROM chain JOIN pg_catalog.pg_type d ON d.oid = chain.typbasetype WHERE chain.typtype = 'd')
      SELECT oid, typmod, required FROM chain WHERE typtype <> 'd') b
    JOIN pg_catalog.pg_type t ON t.oid = b.oid
    LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' AND t.typlen = -1
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  (SELECT jsonb_agg(jsonb_build_object('primary', i.indisprimary, 'columns',
      (SELECT jsonb_agg(a.attname ORDER BY k.place)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, place)
        JOIN pg_catalog.pg_attribute a ON a.attnum = k.number AND a.attrelid = c.oid
        WHERE k.place <= i.indnkeyatts)) ORDER BY i.indisprimary DESC, i.indexrelid)
    FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
      AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND c.relname = $1::text
  AND CASE WHEN $2::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = $2::text END`;

const NAMES = `SELECT n.nspname, c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND NOT c.relispartition
  AND ($1::text IS NULL AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' OR n.nspname = $1::text)
ORDER BY 1, 2 LIMIT 5000`;

export interface TableName {
  /** Or `schema.table` in one, where no table has that very name. */
  readonly table: string;
  /** Where left out, the search path decides, as in SQL. */
  readonly schema?: string | undefined;
}

/**
 * Asks the catalog, on every call: a table may have changed since. Throws `not_found` with the nearest of the
 * names that are visible.
 */
export async function loadShape(
  database: Pick<Database, "read">,
  { table, schema }: TableName,
  options: { signal?: AbortSignal; isVisible(schema: string, table: string): boolean },
): Promise<TableShape> {
  for (const part of splitOnce(table, schema)) checkName(part, "table");
  if (schema !== undefined) checkName(schema, "schema");
  const asked = options.signal ? { signal: options.signal } : {};
  return database.read(async (connection) => {
    const row = await findTable(connection, table, schema);
    if (row) return toShape(row);
    const { rows: names } = await connection.run(NAMES, [schema ?? null]);
    const visible = names
      .map(([inSchema, name]) => ({ schema: inSchema ?? "", name: name ?? "" }))
      .filter((each) => options.isVisible(each.schema, each.name));
    throw unknownTable(table, schema, visible);
  }, asked);
}

async function findTable(
  connection: Pick<Connection, "run">,
  table: string,
  schema: string | undefined,
): Promise<(string | null)[] | undefined> {
  const { rows } = await connection.run(SHAPE, [table, schema ?? null]);
  const [before, after] = splitOnce(table, schema);
  if (rows[0] || after === undefined) return rows[0];
  return (await connection.run(SHAPE, [after, before])).rows[0];
}

/** `public.guest` → `public`, `guest`. A name may hold a dot of its own, so this is the second thing to try. */
function splitOnce(table: string, schema: string | undefined): readonly [string, ...string[]] {
  const at = schema === undefined ? table.indexOf(".") : -1;
  return at === -1 ? [table] : [table.slice(0, at), table.slice(at + 1)];
}

function toShape([schema, name, columns, keys]: (string | null)[]): TableShape {
  const uniqueKeys = JSON.parse(keys ?? "[]") as { primary: boolean; columns: string[] }[];
  return {
    schema: schema ?? "",
    name: name ?? "",
    columns: JSON.parse(columns ?? "[]") as ColumnShape[],
    primaryKey: uniqueKeys.find(({ primary }) => primary)?.columns ?? [],
    uniqueKeys: uniqueKeys.map((key) => key.columns),
  };
}

function unknownTable(
  table: string,
  schema: string | undefined,
  known: readonly { schema: string; name: string }[],
): TrestleError {
  const asked = schema === undefined ? table : `${schema}.${table}`;
  const elsewhere = known.filter((each) => each.name === table).map((each) => each.schema);
  const nearest = nearestName(
    splitOnce(table, schema).at(-1) ?? table,
    known.map(({ name }) => name),
  );
  const hint =
    elsewhere.length > 0
      ? `It exists in schema ${elsewhere.join(", ")}: pass schema.`
      : nearest
        ? `Did you mean "${nearest}"?`
        : "list_tables shows what there is.";
  return new TrestleError("not_found", `There is no table or view "${asked}". ${hint}`, {
    details: { similar: nearest ? [nearest] : [] },
  });
}
