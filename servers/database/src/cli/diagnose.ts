import { join } from "node:path";
import process from "node:process";
import { messageOf } from "@trestle/protocol";
import { type ConnectionFacts, maskUrl, readConnectionFacts } from "../care/connection-info.ts";
import { type Catalog, readCatalog } from "../guard/catalog.ts";
import { meansColumn, meansTable, readLists, SETTINGS } from "../guard/lists.ts";
import { readMigrations } from "../migrations/file.ts";
import { problemsOf, readApplied, statusOf } from "../migrations/status.ts";
import { server } from "../server.ts";
import type { Place } from "./place.ts";

export interface Check {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  /** What to do about it. */
  readonly next?: string;
}

/** Looks at everything that has to be right before an assistant can use the database. */
export async function diagnose(place: Place): Promise<Check[]> {
  const settings = checkSettings(place);
  const start = place.clock.now();
  let facts: ConnectionFacts;
  try {
    facts = await readConnectionFacts(place.state.database, { signal: place.signal });
  } catch (error) {
    const message = messageOf(error);
    return [...settings, { name: "connection", status: "fail", message }];
  }
  const ms = place.clock.now() - start;
  return [
    ...settings,
    {
      ...{ name: "connection", status: "ok" },
      message: `PostgreSQL ${facts.version}, database ${facts.database}, as ${facts.user}; answered in ${ms} ms`,
    },
    ...checkTls(place, facts),
    await checkRole(place),
    ...(await checkRules(place)),
    await checkMigrations(place),
  ];
}

function checkSettings({ config, state, dataDir }: Place): Check[] {
  const { kind, mode } = state.database;
  const where = config.url === undefined ? (config.dataDir ?? dataDir) : maskUrl(config.url);
  return [
    {
      ...{ name: "versions", status: "ok" },
      message: `trestle-database ${server.version}, Node ${process.versions.node}`,
    },
    { name: "driver", status: "ok", message: `${kind}, ${where}` },
    { name: "mode", status: "ok", message: `${mode}${config.strict ? ", strict" : ""}` },
  ];
}

function checkTls({ state }: Place, { tls, host }: ConnectionFacts): Check[] {
  if (state.database.kind === "embedded") return [];
  if (tls !== null) return [{ name: "TLS", status: "ok", message: tls }];
  const isNear = host === null || host === "::1" || host.startsWith("127.");
  if (isNear || state.database.kind === "neon") return [];
  return [
    {
      ...{
        name: "TLS",
        status: "warn",
        message: "none: passwords and rows can be read on the way",
      },
      next: "Add sslmode=verify-full to DATABASE_URL.",
    },
  ];
}

/** What the role of the connection may do of itself, whatever the mode says. */
const ROLE = `SELECT to_jsonb(r) FROM (SELECT rolname AS name, rolsuper AS super,
  rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS powerful,
  pg_has_role('pg_write_server_files', 'member') OR pg_has_role('pg_read_server_files', 'member')
    OR pg_has_role('pg_execute_server_program', 'member') AS files,
  (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
      AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')) AS writes,
  (SELECT count(*) FROM pg_namespace n WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    AND has_schema_privilege(n.oid, 'CREATE')) AS creates
  FROM pg_roles WHERE rolname = current_user) r`;

interface Role {
  readonly name: string;
  readonly super: boolean;
  readonly powerful: boolean;
  readonly files: boolean;
  readonly writes: number;
  readonly creates: number;
}

async function checkRole({ state, signal }: Place): Promise<Check> {
  const { kind, mode } = state.database;
  if (kind === "embedded")
    return { name: "role", status: "ok", message: "the embedded database has no other roles" };
  const { rows } = await state.database.read((connection) => connection.run(ROLE), { signal });
  const role = JSON.parse(rows[0]?.[0] ?? "{}") as Role;
  const beyond = [
    ...(role.super ? ["is a superuser"] : []),
    ...(role.powerful && !role.super ? ["may make databases or roles, or pass row security"] : []),
    ...(role.files && !role.super ? ["may use files or programs of the server"] : []),
    ...(mode === "read-only" && role.writes > 0 ? [`may write ${role.writes} tables`] : []),
    ...(mode !== "admin" && role.creates > 0 ? [`may make things in ${role.creates} schemas`] : []),
  ];
  if (beyond.length === 0)
    return {
      name: "role",
      status: "ok",
      message: `${role.name} may do no more than mode ${mode} needs`,
    };
  return {
    ...{ name: "role", status: "warn" },
    message: `${role.name} can do more than mode ${mode} lets it: it ${beyond.join(", ")}`,
    next: `Connect as a role with fewer rights; then the server's rules are not the only wall. For reading:\n${READER}`,
  };
}

const READER = [
  "CREATE ROLE assistant LOGIN PASSWORD '…';",
  "GRANT USAGE ON SCHEMA public TO assistant;",
  "GRANT SELECT ON ALL TABLES IN SCHEMA public TO assistant;",
].join("\n");

/** A name in a list that means nothing is most likely misspelt, and then protects nothing. */
async function checkRules({ state, signal }: Place): Promise<Check[]> {
  const lists = readLists(state.guard.rules);
  const entries = Object.values(lists).reduce((sum, list) => sum + list.length, 0);
  if (entries === 0) return [];
  const catalog = await state.database.read(readCatalog, { signal });
  const unmatched = Object.entries(lists).flatMap(([list, patterns]) =>
    patterns
      .filter((pattern) => !meansAnything(catalog, pattern))
      .map(({ entry }) => `${SETTINGS[list as keyof typeof SETTINGS]}: "${entry}"`),
  );
  if (unmatched.length === 0)
    return [
      { name: "rules", status: "ok", message: `all ${entries} names in the lists mean something` },
    ];
  return [
    {
      ...{
        name: "rules",
        status: "warn",
        message: `mean nothing in this database: ${unmatched.join(", ")}`,
      },
      next: "Look whether they are misspelt: what a rule does not mean, it does not protect.",
    },
  ];
}

function meansAnything({ relations }: Catalog, pattern: Parameters<typeof meansTable>[0]): boolean {
  return relations.some(
    ({ schema, name, columns }) =>
      meansTable(pattern, schema, name) &&
      (pattern.column === undefined || columns.some((column) => meansColumn(pattern, column.name))),
  );
}

async function checkMigrations({ config, dataDir, state, signal }: Place): Promise<Check> {
  const name = "migrations";
  try {
    const files = await readMigrations(config.migrationsDir ?? join(dataDir, "migrations"));
    const entries = statusOf(files, await readApplied(state.database, { signal }));
    const problems = problemsOf(entries);
    if (problems.length > 0) return { name, status: "warn", message: problems.join("\n") };
    const waiting = entries.filter(({ state: how }) => how === "pending").length;
    const message = `${entries.length - waiting} applied, ${waiting} waiting`;
    return { name, status: "ok", message: entries.length === 0 ? "none" : message };
  } catch (error) {
    return { name, status: "warn", message: messageOf(error) };
  }
}
