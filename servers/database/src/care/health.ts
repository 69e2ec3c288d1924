import { isTrestleError } from "@trestle/protocol";
import type { Connection } from "../drivers/driver.ts";
import type { Asking, Catalog } from "../structure/catalog.ts";
import { EVERYTHING, type Visibility } from "../structure/visibility.ts";
import type { Check, Item, Status, Surroundings, Verdict } from "./health/check.ts";
import {
  duplicateIndexes,
  invalidIndexes,
  unindexedForeignKeys,
  unusedIndexes,
} from "./health/indexes.ts";
import { replication, settings } from "./health/server.ts";
import { connections, locks, longTransactions } from "./health/sessions.ts";
import { cacheHitRate, constraints, sequences, vacuum, wraparound } from "./health/storage.ts";
import { showStatement } from "./statements.ts";

/** What hurts soonest comes first. */
const CHECKS: readonly Check[] = [
  connections,
  longTransactions,
  locks,
  wraparound,
  vacuum,
  cacheHitRate,
  invalidIndexes,
  duplicateIndexes,
  unusedIndexes,
  unindexedForeignKeys,
  constraints,
  sequences,
  replication,
  settings,
];

export const CHECK_NAMES = CHECKS.map(({ name }) => name);

export interface Finding {
  readonly check: string;
  readonly status: Status;
  readonly message: string;
  readonly items: string[];
  readonly advice?: string;
}

export interface HealthOptions extends Asking {
  /** By their names; all where left out. */
  readonly checks?: readonly string[];
  readonly visible?: Visibility;
  /** Of the embedded Postgres some things are not to be expected. */
  readonly embedded?: boolean;
}

/** Looks at one thing after the other; what this role may not look at is `unknown`, and the others go on. */
export async function checkHealth(
  catalog: Catalog,
  { checks, visible = EVERYTHING, embedded = false, signal }: HealthOptions = {},
): Promise<Finding[]> {
  const wanted = CHECKS.filter(({ name }) => checks?.includes(name) ?? true);
  return catalog.read(
    async (connection) => {
      const findings: Finding[] = [];
      const { rows } = await connection.run("SELECT pg_has_role('pg_read_all_stats', 'USAGE')");
      const surroundings = { seesOthers: rows[0]?.[0] === "t", embedded };
      for (const check of wanted) {
        const verdict = await judge(connection, check, surroundings);
        findings.push(await toFinding(check.name, verdict, visible));
      }
      return findings;
    },
    signal ? { signal } : {},
  );
}

async function judge(
  connection: Connection,
  check: Check,
  surroundings: Surroundings,
): Promise<Verdict> {
  await connection.run("SAVEPOINT trestle_check");
  try {
    const { rows } = await connection.run(check.sql);
    const facts = JSON.parse(rows[0]?.[0] ?? "null") as never;
    return check.judge(facts, surroundings);
  } catch (error) {
    if (!isStatementError(error)) throw error;
    await connection.run("ROLLBACK TO SAVEPOINT trestle_check");
    return { status: "unknown", message: `It could not be looked at: ${error.message}` };
  }
}

/** The statement was refused; anything else is the end of the whole. */
function isStatementError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const sqlState = isTrestleError(error) ? error.details?.sqlState : "code" in error && error.code;
  return typeof sqlState === "string" && /^(42|0A|55|22)/.test(sqlState);
}

async function toFinding(check: string, verdict: Verdict, visible: Visibility): Promise<Finding> {
  const { status, message, items = [], advice } = verdict;
  const seen = items.filter((item) => isSeen(item, visible));
  const texts = await Promise.all(
    seen.map(async ({ text, statement }) => {
      const shown = statement ? await showStatement(statement, visible) : undefined;
      return shown === undefined ? text : `${text}: ${shown}`;
    }),
  );
  return { check, status, message, items: texts, ...(advice === undefined ? {} : { advice }) };
}

function isSeen({ schema, table, columns }: Item, visible: Visibility): boolean {
  if (schema === undefined) return true;
  if (!visible.schema(schema)) return false;
  return (
    table === undefined ||
    (visible.table(schema, table) &&
      (columns ?? []).every((column) => visible.column(schema, table, column)))
  );
}
