import { TrestleError } from "@trestle/protocol";

/** The statements of a script, as Postgres' own parser tells them apart. Throws `invalid_input` where it cannot. */
export async function splitStatements(script: string): Promise<string[]> {
  const { hasSqlDetails, parse } = await import("libpg-query");
  if (script.includes("\0") || !script.isWellFormed()) {
    throw new TrestleError("invalid_input", "The SQL text has a character that no text may hold.");
  }
  const bytes = Buffer.from(script, "utf8");
  try {
    const { stmts = [] } = script.trim() === "" ? {} : await parse(script);
    // The parser counts in bytes; without a length a statement reaches to the end.
    return stmts.map(({ stmt_location: start = 0, stmt_len: length }) =>
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
