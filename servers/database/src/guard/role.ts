import type { Connection } from "../drivers/driver.ts";
import type { Mode } from "../postgres/database.ts";

/** What a role may do in its database. Lists hold some examples, and how many there are. */
interface RoleFacts {
  readonly role: string;
  readonly attributes: readonly string[];
  readonly memberships: readonly string[];
  readonly owned: Examples;
  readonly writable: Examples;
  readonly creatable: Examples;
  readonly definers: Examples;
  readonly mayCreateTemporary: boolean;
  readonly mayCreateSchemas: boolean;
}

interface Examples {
  readonly count: number;
  readonly names: readonly string[];
}

/** What a role could do beyond the mode, if the guard and the transaction let it. */
export interface RoleReport {
  readonly role: string;
  /** One sentence each, the gravest first; empty where the role can do no more than the mode. */
  readonly excess: readonly string[];
}

/** Predefined roles that reach beyond tables, and what they give. */
const PREDEFINED: Readonly<Record<string, string>> = {
  pg_execute_server_program: "runs programs on the server",
  pg_write_server_files: "writes files of the server",
  pg_read_server_files: "reads files of the server",
  pg_write_all_data: "writes all tables",
  pg_signal_backend: "stops other sessions",
  pg_create_subscription: "makes subscriptions",
  pg_maintain: "maintains all tables",
  pg_checkpoint: "starts checkpoints",
  pg_use_reserved_connections: "uses reserved connections",
  pg_read_all_settings: "reads settings with secrets in them",
};

const TABLES = `FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'`;
const examples = (
  name: string,
  from: string,
) => `(SELECT jsonb_build_object('count', count(*), 'names',
    COALESCE(jsonb_agg(name ORDER BY name) FILTER (WHERE place <= 3), '[]'))
  FROM (SELECT ${name} AS name, row_number() OVER (ORDER BY ${name}) AS place ${from}) found)`;
const QUALIFIED = "format('%I.%I', n.nspname, c.relname)";

const FACTS = `SELECT jsonb_build_object(
  'role', current_user,
  'attributes', (SELECT to_jsonb(array_remove(ARRAY[
      CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
      CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
      CASE WHEN rolcreatedb THEN 'CREATEDB' END], NULL))
    FROM pg_catalog.pg_roles WHERE rolname = current_user),
  'memberships', COALESCE((SELECT jsonb_agg(rolname) FROM pg_catalog.pg_roles
    WHERE rolname IN (${Object.keys(PREDEFINED)
      .map((name) => `'${name}'`)
      .join(", ")}) AND pg_has_role(current_user, oid, 'MEMBER')), '[]'),
  'owned', ${examples(QUALIFIED, `${TABLES} AND pg_has_role(current_user, c.relowner, 'MEMBER')`)},
  'writable', ${examples(
    QUALIFIED,
    `${TABLES} AND (has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
      OR has_any_column_privilege(c.oid, 'INSERT, UPDATE'))`,
  )},
  'creatable', ${examples(
    "n.nspname",
    `FROM pg_catalog.pg_namespace n WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      AND has_schema_privilege(n.oid, 'CREATE')`,
  )},
  'definers', ${examples(
    "p.oid::regprocedure::text",
    `FROM pg_catalog.pg_proc p WHERE p.prosecdef AND p.provolatile = 'v' AND p.oid >= 16384
      AND has_function_privilege(p.oid, 'EXECUTE') AND NOT pg_has_role(current_user, p.proowner, 'MEMBER')`,
  )},
  'mayCreateTemporary', has_database_privilege(current_database(), 'TEMPORARY'),
  'mayCreateSchemas', has_database_privilege(current_database(), 'CREATE'))::text`;

/**
 * Tells what the connection's role could do beyond the mode: the third wall, which holds even where the
 * others are got around. One statement, for a transaction that reads.
 */
export async function describeRole(connection: Connection, mode: Mode): Promise<RoleReport> {
  const { rows } = await connection.run(FACTS);
  const facts = JSON.parse(rows[0]?.[0] ?? "{}") as RoleFacts;
  return { role: facts.role, excess: [...powers(facts), ...grants(facts, mode)] };
}

function powers({ role, attributes, memberships }: RoleFacts): string[] {
  const beyond = attributes.map((attribute) => POWERS[attribute] ?? attribute);
  const isSuperuser = attributes.includes("SUPERUSER");
  // A superuser is a member of everything.
  const given = isSuperuser ? [] : memberships.map((name) => `${name}, which ${PREDEFINED[name]}`);
  return [
    ...beyond.map((power) => `The role ${role} is ${power}.`),
    ...given.map((membership) => `The role ${role} is a member of ${membership}.`),
  ];
}

const POWERS: Readonly<Record<string, string>> = {
  SUPERUSER: "a superuser: it can do everything, also read files and run programs on the server",
  BYPASSRLS: "let past row-level security (BYPASSRLS)",
  CREATEROLE: "allowed to make and change roles (CREATEROLE)",
  REPLICATION: "allowed to replicate the whole server (REPLICATION)",
  CREATEDB: "allowed to make databases (CREATEDB)",
};

function grants(facts: RoleFacts, mode: Mode): string[] {
  // Of a superuser this says nothing that the first sentence has not said.
  if (mode === "admin" || facts.attributes.includes("SUPERUSER")) return [];
  const { role, owned, writable, creatable, definers } = facts;
  const found: string[] = [];
  if (owned.count > 0)
    found.push(`The role ${role} owns ${some(owned, "table")}, and so can drop them.`);
  if (mode === "read-only" && writable.count > 0)
    found.push(`The role ${role} may write ${some(writable, "table")}.`);
  if (creatable.count > 0)
    found.push(`The role ${role} may make tables and functions in ${some(creatable, "schema")}.`);
  if (facts.mayCreateSchemas) found.push(`The role ${role} may make schemas.`);
  if (mode === "read-only" && definers.count > 0)
    found.push(
      `The role ${role} may call ${some(definers, "function")} that run with their owner's rights and may write.`,
    );
  if (mode === "read-only" && facts.mayCreateTemporary)
    found.push(`The role ${role} may make temporary tables, as every role may by default.`);
  return found;
}

function some({ count, names }: Examples, noun: string): string {
  const rest = count - names.length;
  return `${count} ${noun}${count === 1 ? "" : "s"} (${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""})`;
}

/**
 * A script that makes a role with what the mode needs in these schemas and nothing else. To be run by the
 * owner of the tables, whose later tables the role can then use too. It sets no password.
 */
export function recommendedRole(
  mode: Mode,
  schemas: readonly string[] = ["public"],
  role = mode === "read-only" ? "trestle_reader" : "trestle_writer",
): string {
  const name = identifier(role);
  const places = schemas.map(identifier).join(", ");
  const rights = RIGHTS[mode];
  const lines = [
    `CREATE ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 20`,
    `GRANT ${rights.schema} ON SCHEMA ${places} TO ${name}`,
    `GRANT ${rights.tables} ON ALL TABLES IN SCHEMA ${places} TO ${name}`,
    `GRANT ${rights.sequences} ON ALL SEQUENCES IN SCHEMA ${places} TO ${name}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${places} GRANT ${rights.tables} ON TABLES TO ${name}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${places} GRANT ${rights.sequences} ON SEQUENCES TO ${name}`,
  ];
  if (mode === "read-only") lines.push(`ALTER ROLE ${name} SET default_transaction_read_only = on`);
  return `${lines.join(";\n")};\n`;
}

const RIGHTS: Readonly<Record<Mode, Readonly<Record<"schema" | "tables" | "sequences", string>>>> =
  {
    "read-only": { schema: "USAGE", tables: "SELECT", sequences: "SELECT" },
    "read-write": {
      schema: "USAGE",
      tables: "SELECT, INSERT, UPDATE, DELETE",
      sequences: "SELECT, USAGE, UPDATE",
    },
    // To change or drop a table needs its owner: what the role makes itself, it may.
    admin: { schema: "USAGE, CREATE", tables: "ALL", sequences: "ALL" },
  };

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
