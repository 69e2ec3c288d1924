import { TrestleError } from "@trestle/protocol";
import type { Connection } from "../../drivers/driver.ts";
import type { Catalog } from "../../structure/catalog.ts";
import type { Visibility } from "../../structure/visibility.ts";
import { MIGRATIONS_TABLE } from "../status.ts";
import type { SchemaShape } from "./shape.ts";

/** Is the object of that catalog no part of an extension? */
const own = (catalog: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '${catalog}'::regclass AND x.objid = ${oid} AND x.deptype = 'e')`;

const COLUMNS = `SELECT jsonb_agg(jsonb_build_object(
    'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'nullable', NOT a.attnotnull,
    'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END) ORDER BY a.attnum)
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;

const CONSTRAINTS = `SELECT jsonb_agg(jsonb_build_object('name', k.conname,
    'kind', CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'c' THEN 'check'
      WHEN 'f' THEN 'foreign key' ELSE 'exclusion' END,
    'definition', pg_get_constraintdef(k.oid, true)) ORDER BY k.conname)
  FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'c', 'f', 'x') AND k.conparentid = 0`;

const INDEXES = `SELECT jsonb_agg(jsonb_build_object('name', ic.relname,
    'definition', pg_get_indexdef(i.indexrelid, 0, true)) ORDER BY ic.relname)
  FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
  WHERE i.indrelid = c.oid AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
    AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)`;

const TRIGGERS = `SELECT jsonb_agg(jsonb_build_object('name', t.tgname,
    'definition', pg_get_triggerdef(t.oid, true)) ORDER BY t.tgname)
  FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal`;

const POLICIES = `SELECT jsonb_agg(jsonb_build_object('name', p.polname, 'definition',
    'CREATE POLICY ' || quote_ident(p.polname) || ' ON ' || quote_ident(c.relname)
    || CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END
    || ' FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
      WHEN 'd' THEN 'DELETE' ELSE 'ALL' END
    || ' TO ' || CASE WHEN p.polroles = '{0}' THEN 'PUBLIC' ELSE
      (SELECT string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname) FROM pg_roles r WHERE r.oid = ANY (p.polroles)) END
    || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
    || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')) ORDER BY p.polname)
  FROM pg_policy p WHERE p.polrelid = c.oid`;

const TABLES = `SELECT jsonb_agg(jsonb_build_object('name', c.relname,
    'kind', CASE WHEN c.relispartition THEN 'partition' WHEN c.relkind = 'p' THEN 'partitioned table'
      WHEN c.relkind = 'f' THEN 'foreign table' ELSE 'table' END,
    'partition', CASE WHEN c.relispartition THEN
        (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = c.oid) || ' '
        || pg_get_expr(c.relpartbound, c.oid)
      WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
    'columns', (${COLUMNS}), 'constraints', (${CONSTRAINTS}), 'indexes', (${INDEXES}),
    'triggers', (${TRIGGERS}), 'policies', (${POLICIES}), 'rowSecurity', c.relrowsecurity) ORDER BY c.relname)
  FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'f')
    AND c.relname <> '${MIGRATIONS_TABLE}' AND ${own("pg_class", "c.oid")}`;

const VIEWS = `SELECT jsonb_agg(jsonb_build_object('name', c.relname, 'definition',
    'CREATE ' || CASE c.relkind WHEN 'v' THEN 'OR REPLACE VIEW ' ELSE 'MATERIALIZED VIEW ' END
    || quote_ident(c.relname) || ' AS ' || rtrim(pg_get_viewdef(c.oid, true), ';')) ORDER BY c.oid)
  FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('v', 'm') AND ${own("pg_class", "c.oid")}`;

const ENUMS = `SELECT jsonb_agg(jsonb_build_object('name', t.typname, 'values',
    (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)) ORDER BY t.typname)
  FROM pg_type t WHERE t.typnamespace = n.oid AND t.typtype = 'e' AND ${own("pg_type", "t.oid")}`;

const DOMAINS = `SELECT jsonb_agg(jsonb_build_object('name', t.typname, 'definition',
    'CREATE DOMAIN ' || quote_ident(t.typname) || ' AS ' || format_type(t.typbasetype, t.typtypmod)
    || coalesce(' DEFAULT ' || t.typdefault, '') || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
    || coalesce((SELECT string_agg(' CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid, true), '' ORDER BY k.conname)
      FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'), '')) ORDER BY t.typname)
  FROM pg_type t WHERE t.typnamespace = n.oid AND t.typtype = 'd' AND ${own("pg_type", "t.oid")}`;

const SEQUENCES = `SELECT jsonb_agg(jsonb_build_object('name', c.relname,
    'definition', 'CREATE SEQUENCE ' || quote_ident(c.relname) || ' AS ' || format_type(s.seqtypid, NULL)
      || ' START ' || s.seqstart || ' INCREMENT ' || s.seqincrement || ' MINVALUE ' || s.seqmin
      || ' MAXVALUE ' || s.seqmax || ' CACHE ' || s.seqcache || CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END,
    'owner', (SELECT quote_ident(o.relname) || '.' || quote_ident(a.attname)
      FROM pg_depend d JOIN pg_class o ON o.oid = d.refobjid
      JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a')) ORDER BY c.relname)
  FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid
  WHERE c.relnamespace = n.oid AND ${own("pg_class", "c.oid")}
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i')
    AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_class o ON o.oid = d.refobjid
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a' AND o.relname = '${MIGRATIONS_TABLE}')`;

const FUNCTIONS = `SELECT jsonb_agg(jsonb_build_object(
    'name', quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')',
    'definition', replace(pg_get_functiondef(p.oid), ' ' || quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(',
      ' ' || quote_ident(p.proname) || '(')) ORDER BY p.proname, pg_get_function_identity_arguments(p.oid))
  FROM pg_proc p WHERE p.pronamespace = n.oid AND p.prokind IN ('f', 'p') AND ${own("pg_proc", "p.oid")}`;

const SHAPE = `SELECT jsonb_build_object('format', 1, 'schema', n.nspname, 'enums', (${ENUMS}), 'domains', (${DOMAINS}),
  'sequences', (${SEQUENCES}), 'functions', (${FUNCTIONS}), 'tables', (${TABLES}), 'views', (${VIEWS}))
FROM pg_namespace n WHERE n.nspname = $1`;

export interface TakeOptions {
  readonly visible?: Visibility;
  readonly signal?: AbortSignal;
}

/** Reads what a schema is made of. Throws `not_found` for a schema that is not there. */
export async function takeShape(
  catalog: Catalog,
  schema: string,
  { visible, signal }: TakeOptions = {},
): Promise<SchemaShape> {
  const shape = await catalog.read(
    (connection) => ask(connection, schema),
    signal ? { signal } : {},
  );
  if (shape === undefined || visible?.schema(schema) === false)
    throw new TrestleError(
      "not_found",
      `There is no schema "${schema}". list_schemas shows what there is.`,
    );
  return visible?.restricted ? onlyVisible(shape, visible) : shape;
}

async function ask(connection: Connection, schema: string): Promise<SchemaShape | undefined> {
  // What is in the search path is written without its schema: so two schemas can be compared.
  const path = `"${schema.replaceAll('"', '""')}", pg_catalog`;
  await connection.run("SELECT set_config('search_path', $1, true)", [path]);
  const { rows } = await connection.run(SHAPE, [schema]);
  const text = rows[0]?.[0] ?? null;
  return text === null ? undefined : withLists(JSON.parse(text));
}

/** SQL's list of nothing is null. */
function withLists(shape: SchemaShape): SchemaShape {
  const lists = ["enums", "domains", "sequences", "functions", "tables", "views"] as const;
  const parts = ["columns", "constraints", "indexes", "triggers", "policies"] as const;
  const filled = Object.fromEntries(lists.map((list) => [list, shape[list] ?? []]));
  const tables = (shape.tables ?? []).map((table) => ({
    ...table,
    ...Object.fromEntries(parts.map((part) => [part, table[part] ?? []])),
  }));
  return { ...shape, ...filled, tables };
}

/** Code and conditions may name what is hidden: where anything is, they stay out. */
function onlyVisible(shape: SchemaShape, visible: Visibility): SchemaShape {
  const { schema } = shape;
  const seen = (table: string) => visible.table(schema, table);
  const tables = shape.tables
    .filter(({ name }) => seen(name))
    .map((table) => {
      const columns = table.columns.filter(({ name }) => visible.column(schema, table.name, name));
      const isWhole = columns.length === table.columns.length;
      return isWhole
        ? table
        : { ...table, columns, constraints: [], indexes: [], triggers: [], policies: [] };
    });
  return { ...shape, tables, functions: [], views: shape.views.filter(({ name }) => seen(name)) };
}
