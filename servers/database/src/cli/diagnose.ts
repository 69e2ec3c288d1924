import { join } from "node:path";
import process from "node:process";
import { messageOf } from "@trestle/protocol";
import { type ConnectionFacts, maskUrl, readConnectionFacts } from "../care/connection-info.ts";
import { readCatalog } from "../guard/catalog.ts";
import { checkRules } from "../guard/check-rules.ts";
import { hasLists, readLists } from "../guard/lists.ts";
import { describeRole, recommendedRole } from "../guard/role.ts";
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
    ...(await checkLists(place)),
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
async function checkRole({ state, signal }: Place): Promise<Check> {
  const { kind, mode } = state.database;
  if (kind === "embedded")
    return { name: "role", status: "ok", message: "the embedded database has no other roles" };
  const report = await state.database.read((connection) => describeRole(connection, mode), {
    signal,
  });
  if (report.excess.length === 0)
    return {
      name: "role",
      status: "ok",
      message: `${report.role} can do no more than mode ${mode}`,
    };
  return {
    ...{ name: "role", status: "warn", message: report.excess.join("\n") },
    next: `Connect as a role that can do no more, so that the server's rules are not the only wall:\n${recommendedRole(mode).trimEnd()}`,
  };
}

/** A name in a list that means nothing is most likely misspelt, and then protects nothing. */
async function checkLists({ state, signal }: Place): Promise<Check[]> {
  const { rules } = state.guard;
  if (!hasLists(readLists(rules))) return [];
  const catalog = await state.database.read(readCatalog, { signal });
  const problems = checkRules(rules, catalog);
  if (problems.length === 0)
    return [{ name: "rules", status: "ok", message: "all names in the lists mean something" }];
  const lines = problems.map(({ setting, entry, problem }) => `${setting}, "${entry}": ${problem}`);
  return [{ name: "rules", status: "warn", message: lines.join("\n") }];
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
