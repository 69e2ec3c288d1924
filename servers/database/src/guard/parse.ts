import { TrestleError } from "@trestle/protocol";
import { loadParser } from "../postgres/parser.ts";
import { isNode, type Node } from "./nodes.ts";

/** Reading a longer text would take seconds and hundreds of megabytes. */
const MAX_CHARACTERS = 1_000_000;

/**
 * The one statement of a text, as Postgres' own parser reads it. Throws `invalid_input` for a text that is no
 * SQL or holds no statement, and `denied` for one that holds several.
 */
export async function parseOne(sql: string): Promise<Node> {
  // The parser and the server would stop at different places.
  if (sql.includes("\0") || !sql.isWellFormed())
    throw new TrestleError("invalid_input", "The SQL text has a character that no text may hold.");
  if (sql.length > MAX_CHARACTERS)
    throw new TrestleError(
      "invalid_input",
      `The SQL text is longer than ${MAX_CHARACTERS} characters; send the values as parameters, or use import_rows.`,
    );
  const { stmts = [] } = sql.trim() === "" ? {} : await parseOrExplain(sql);
  if (stmts.length > 1)
    throw new TrestleError(
      "denied",
      "Refused: one call runs one statement, and this text holds more than one. Send them one by one, or together with run_transaction.",
    );
  const statement = stmts[0]?.stmt;
  if (!isNode(statement))
    throw new TrestleError("invalid_input", "There is no statement in the SQL text.");
  return statement;
}

async function parseOrExplain(sql: string): Promise<{ stmts?: { stmt?: unknown }[] }> {
  const { hasSqlDetails, parse } = await loadParser();
  try {
    return await parse(sql);
  } catch (error) {
    // What the parser, which is WebAssembly, throws where its stack ends.
    if (error instanceof RangeError || (error instanceof Error && error.name === "RuntimeError"))
      throw new TrestleError("invalid_input", "The SQL is nested too deeply to be read.");
    if (!hasSqlDetails(error)) throw error;
    const at = error.sqlDetails?.cursorPosition;
    throw new TrestleError(
      "invalid_input",
      `${error.message}${at === undefined ? "" : ` (at character ${at + 1})`}`,
    );
  }
}
