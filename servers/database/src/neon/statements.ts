import { TrestleError } from "@trestle/protocol";
import type { RawStmt } from "libpg-query";
import { loadParser } from "../postgres/parser.ts";

/**
 * The statements of a script, as Postgres' own parser tells them apart, without the BEGIN and COMMIT that
 * it may stand between. Throws `invalid_input` where it cannot be read.
 */
export async function splitStatements(script: string): Promise<string[]> {
  const { hasSqlDetails, parse } = await loadParser();
  if (script.includes("\0") || !script.isWellFormed()) {
    throw new TrestleError("invalid_input", "The SQL text has a character that no text may hold.");
  }
  const bytes = Buffer.from(script, "utf8");
  try {
    const { stmts = [] } = script.trim() === "" ? {} : await parse(script);
    // The parser counts in bytes; without a length a statement reaches to the end.
    return unwrapped(stmts).map(({ stmt_location: start = 0, stmt_len: length }) =>
      bytes
        .subarray(start, length ? start + length : undefined)
        .toString("utf8")
        .trim(),
    );
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    const { cursorPosition = 0 } = error.sqlDetails ?? {};
    throw new TrestleError(
      "invalid_input",
      `The migration is not valid SQL: ${error.message} (at character ${cursorPosition}).`,
    );
  }
}

/** Files of migrations often bring a transaction of their own; here they are given one anyway. */
function unwrapped(statements: readonly RawStmt[]): readonly RawStmt[] {
  const begins = /^TRANS_STMT_(BEGIN|START)$/.test(transactionKind(statements[0]));
  const commits = transactionKind(statements.at(-1)) === "TRANS_STMT_COMMIT";
  return begins && commits ? statements.slice(1, -1) : statements;
}

/** `TRANS_STMT_BEGIN` and so on; empty for what is no statement about transactions. */
function transactionKind(statement: RawStmt | undefined): string {
  const { TransactionStmt: transaction } = (statement?.stmt ?? {}) as {
    TransactionStmt?: { kind?: string };
  };
  return transaction?.kind ?? "";
}
