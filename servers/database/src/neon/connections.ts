import type { Database } from "@neon/sdk";
import { type Clock, TrestleError } from "@trestle/protocol";
import type { NeonApi } from "./api.ts";
import { findBranch } from "./branches.ts";
import type { NeonScope } from "./scope.ts";

/** A database on a branch; what is left out is the configured one, the default one, the only one. */
export interface ConnectionTarget {
  readonly projectId?: string | undefined;
  /** Id or name. */
  readonly branchId?: string | undefined;
  readonly databaseName?: string | undefined;
  /** The database's owner where left out. */
  readonly roleName?: string | undefined;
  /** Through Neon's pooler, which keeps no session; false where left out. */
  readonly pooled?: boolean | undefined;
}

export interface Connection {
  readonly projectId: string;
  readonly branchId: string;
  readonly databaseName: string;
  readonly roleName: string;
  /** With its password: for drivers, never for answers or logs. */
  readonly url: string;
}

/** From a project and a branch to a connection string. */
export interface ConnectionResolver {
  /** Throws `invalid_input` where several databases could be meant, `denied` outside the scope. */
  databaseFor(target: ConnectionTarget, signal: AbortSignal): Promise<Connection>;
  /** To be called when a branch changed, or its password was refused. */
  forget(branchId: string): void;
}

interface Parts {
  readonly api: NeonApi;
  readonly scope: NeonScope;
  readonly clock: Pick<Clock, "now">;
}

const KEPT_MS = 300_000;
const MOST_KEPT = 100;

/** Keeps connection strings for a few minutes, in memory only. */
export function createConnectionResolver(parts: Parts): ConnectionResolver {
  const kept = new Map<string, { readonly connection: Connection; readonly until: number }>();

  function keep(key: string, connection: Connection): void {
    const [oldest] = kept.keys();
    if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(key, { connection, until: parts.clock.now() + KEPT_MS });
  }

  return {
    async databaseFor(target, signal) {
      const projectId = parts.scope.projectOf(target.projectId);
      const { branchId, databaseName, roleName, pooled } = target;
      const key = JSON.stringify([projectId, branchId, databaseName, roleName, pooled ?? false]);
      const found = kept.get(key);
      if (found && found.until > parts.clock.now()) return found.connection;
      const connection = await resolve(parts, { ...target, projectId }, signal);
      keep(key, connection);
      return connection;
    },
    forget(branchId) {
      for (const [key, { connection }] of kept) {
        if (connection.branchId === branchId) kept.delete(key);
      }
    },
  };
}

async function resolve(
  parts: Parts,
  target: ConnectionTarget & { projectId: string },
  signal: AbortSignal,
): Promise<Connection> {
  const { projectId, pooled = false } = target;
  const branch = await findBranch(parts, { projectId, branch: target.branchId }, signal);
  const branchId = branch.id;
  const databases = await parts.api.read(
    (sdk, options) => sdk.postgres.databases.list({ projectId, branchId }, options),
    signal,
  );
  const database = pickDatabase(databases, target.databaseName);
  const databaseName = database.name;
  const roleName = target.roleName ?? database.owner_name;
  const url = await parts.api.read(
    (sdk, options) =>
      sdk.postgres.connectionString(
        { projectId, branchId, databaseName, roleName, pooled },
        options,
      ),
    signal,
  );
  return { projectId, branchId, databaseName, roleName, url };
}

function pickDatabase(databases: readonly Database[], wanted: string | undefined): Database {
  const names = databases.map(({ name }) => name).join(", ");
  const found = wanted ? databases.find(({ name }) => name === wanted) : databases[0];
  if (found === undefined) {
    const what = wanted ? `no database named "${wanted}"` : "no database";
    throw new TrestleError("not_found", `The branch has ${what}. It has: ${names || "none"}.`);
  }
  if (wanted !== undefined || databases.length === 1) return found;
  throw new TrestleError(
    "invalid_input",
    `The branch has several databases: pass databaseName, one of ${names}.`,
  );
}

const MASK = "****";

/** The same connection string without its password, in whichever place it stands. */
export function maskPassword(url: string): string {
  const parsed = new URL(url);
  if (parsed.password !== "") parsed.password = MASK;
  for (const name of ["password", "sslpassword"]) {
    if (parsed.searchParams.has(name)) parsed.searchParams.set(name, MASK);
  }
  return parsed.href;
}
