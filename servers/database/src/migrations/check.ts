import { messageOf, TrestleError } from "@trestle/protocol";
import type { Guard } from "../guard/guard.ts";
import { loadParser } from "../postgres/parser.ts";

/** What a section of a migration does, statement by statement. */
export interface CheckedSql {
  readonly statements: number;
  /** It drops, truncates, or writes without a condition. */
  readonly destructive: boolean;
}

interface Parsed {
  readonly stmt?: Readonly<Record<string, unknown>>;
  /** In bytes. */
  readonly stmt_location?: number;
  readonly stmt_len?: number;
}

/** What Postgres only does outside a transaction. */
const ALONE: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => boolean>> = {
  IndexStmt: ({ concurrent }) => concurrent === true,
  DropStmt: ({ concurrent }) => concurrent === true,
  ReindexStmt: ({ params }) => JSON.stringify(params ?? "").includes("concurrently"),
  VacuumStmt: ({ is_vacuumcmd: isVacuum }) => isVacuum === true,
  CreatedbStmt: () => true,
  DropdbStmt: () => true,
  AlterSystemStmt: () => true,
  CreateTableSpaceStmt: () => true,
  DropTableSpaceStmt: () => true,
};

/**
 * Looks at every statement of a migration before any runs. Throws `invalid_input` where one would end the
 * transaction that keeps the migration whole, `denied` where the guard does not let one pass.
 */
export async function checkMigrationSql(
  sql: string,
  { guard, name, transaction }: { guard: Guard; name: string; transaction: boolean },
): Promise<CheckedSql> {
  const statements = await statementsOf(sql, name);
  if (statements.length === 0)
    throw refusal(
      name,
      "has no statement there: write into its file what it does, then try again.",
    );
  if (!transaction && statements.length > 1)
    throw refusal(
      name,
      `says "no transaction" and has ${statements.length} statements: give each a file of its own, so that none is left half done.`,
    );
  let destructive = false;
  for (const { kind, body, text } of statements) {
    checkTransaction(name, kind, body, transaction);
    const accepted = await guard.check(text).catch((error) => {
      throw naming(name, text, error);
    });
    destructive ||= accepted.destructive;
  }
  return { statements: statements.length, destructive };
}

async function statementsOf(sql: string, name: string) {
  const { parse } = await loadParser();
  const bytes = Buffer.from(sql);
  let stmts: Parsed[];
  try {
    ({ stmts = [] } = (sql.trim() === "" ? {} : await parse(sql)) as { stmts?: Parsed[] });
  } catch (error) {
    throw refusal(name, `is no SQL that Postgres reads: ${messageOf(error)}.`);
  }
  return stmts.map(({ stmt = {}, stmt_location: from = 0, stmt_len: length }) => {
    const [[kind, body] = ["", {}]] = Object.entries(stmt);
    const text = bytes.toString("utf8", from, length ? from + length : undefined);
    return { kind, body: body as Readonly<Record<string, unknown>>, text };
  });
}

function checkTransaction(
  name: string,
  kind: string,
  body: Readonly<Record<string, unknown>>,
  transaction: boolean,
): void {
  if (kind === "TransactionStmt")
    throw refusal(
      name,
      "begins or ends a transaction itself: take BEGIN, COMMIT and ROLLBACK out, every migration runs in one.",
    );
  if (transaction && ALONE[kind]?.(body))
    throw refusal(
      name,
      'has a statement that Postgres runs outside transactions only: move it into a migration of its own whose first line is "-- no transaction".',
    );
}

function refusal(name: string, problem: string): TrestleError {
  return new TrestleError("invalid_input", `Migration ${name} ${problem}`, {
    details: { migration: name },
  });
}

function naming(name: string, text: string, error: unknown): unknown {
  const { code, details } = error as TrestleError;
  if (typeof code !== "string" || !(error instanceof Error)) return error;
  const start = text.trim().replace(/\s+/g, " ").slice(0, 60);
  return new TrestleError(code, `Migration ${name}, at "${start}": ${error.message}`, {
    details: { ...details, migration: name },
  });
}
