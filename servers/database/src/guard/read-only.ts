import { TrestleError } from "@trestle/protocol";
import { hasSqlDetails, parse } from "libpg-query";
import { isDeniedFunction, isDeniedRelation } from "./denied-names.ts";

/** How an accepted statement has to be run: rows through a cursor, or all at once. */
export type ReadKind = "rows" | "report";

const ALLOWED = "Allowed is one SELECT, VALUES, TABLE, WITH … SELECT, EXPLAIN or SHOW statement.";
const WRITES = new Set(["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"]);

/**
 * The first of the walls around the data: reads the statement with Postgres' own parser and refuses
 * whatever is not a plain read. It decides what to say to the caller; that nothing is written is
 * ensured again by the transaction, which is read-only.
 */
export async function checkReadOnly(sql: string): Promise<ReadKind> {
  // The parser and the server would stop at different places.
  if (sql.includes("\0") || !sql.isWellFormed())
    throw new TrestleError("invalid_input", "The SQL text has a character that no text may hold.");
  const { stmts = [] } = sql.trim() === "" ? {} : await parseOrExplain(sql);
  const statement = stmts[0]?.stmt as Node | undefined;
  if (!statement) throw new TrestleError("invalid_input", `There is no statement. ${ALLOWED}`);
  if (stmts.length > 1) deny("one call runs one statement, and this text holds more than one");
  return checkStatement(statement);
}

type Node = Record<string, unknown>;

function checkStatement(statement: Node): ReadKind {
  if (statement.SelectStmt) {
    walk(statement);
    return "rows";
  }
  if (statement.VariableShowStmt) return "report";
  if (statement.ExplainStmt) {
    checkExplain(statement.ExplainStmt as Node);
    return "report";
  }
  return deny(`${nameOf(statement)} is not a read`);
}

/** A plan of a write is a read as long as nothing runs. */
function checkExplain(explain: Node): void {
  const query = explain.query as Node;
  const [kind = ""] = Object.keys(query);
  const options = (explain.options ?? []) as { DefElem?: { defname?: string } }[];
  const analyzes = options.some((option) => option.DefElem?.defname === "analyze");
  if (kind === "SelectStmt") walk(query);
  else if (WRITES.has(kind) && !analyzes) walk(query, WRITES);
  else if (WRITES.has(kind)) deny("EXPLAIN ANALYZE would run the write; leave ANALYZE out");
  else deny(`EXPLAIN of ${nameOf(query)} is not a read`);
}

/** Visits every node, since a write or a call may hide at any depth. */
function walk(node: unknown, statements: ReadonlySet<string> = new Set()): void {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, statements);
    return;
  }
  if (typeof node !== "object" || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    // Node types begin with a capital, fields (`selectStmt`) do not.
    if (/^[A-Z]\w*Stmt$/.test(key) && key !== "SelectStmt" && !statements.has(key))
      deny(`${nameOf({ [key]: value })} is not a read`);
    checkPart(key, value);
    walk(value, statements);
  }
}

function checkPart(key: string, value: unknown): void {
  if (key === "intoClause") deny("SELECT INTO makes a table");
  if (key === "lockingClause") deny("FOR UPDATE and FOR SHARE take locks; leave them out");
  if (key === "FuncCall") checkFunction(namesIn((value as Node).funcname).at(-1));
  // `(x).f` and `t.f` call the function f where x has no such field.
  if (key === "A_Indirection") namesIn((value as Node).indirection).forEach(checkFunction);
  if (key === "ColumnRef")
    namesIn((value as Node).fields)
      .slice(1)
      .forEach(checkFunction);
  if (key === "RangeVar") {
    const { schemaname, relname } = value as { schemaname?: string; relname?: string };
    if (isDeniedRelation(relname ?? "", schemaname))
      deny(`${relname} holds credentials or server files`);
  }
}

function checkFunction(name: string | undefined): void {
  if (name !== undefined && isDeniedFunction(name))
    deny(`the function ${name} has effects outside the query or reads outside the tables`);
}

function namesIn(list: unknown): string[] {
  const names: string[] = [];
  for (const item of (list ?? []) as { String?: { sval?: string } }[])
    if (item.String?.sval !== undefined) names.push(item.String.sval);
  return names;
}

/** `TransactionStmt` → `TRANSACTION`, `CreateTableAsStmt` → `CREATE TABLE AS`. */
function nameOf(statement: Node): string {
  const [kind = "this statement"] = Object.keys(statement);
  return kind
    .replace(/Stmt$/, "")
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toUpperCase();
}

function deny(reason: string): never {
  throw new TrestleError("denied", `Refused: ${reason}. This database is read-only. ${ALLOWED}`);
}

async function parseOrExplain(sql: string): Promise<{ stmts?: { stmt?: unknown }[] }> {
  try {
    return await parse(sql);
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    const at = error.sqlDetails?.cursorPosition;
    throw new TrestleError(
      "invalid_input",
      `${error.message}${at === undefined ? "" : ` (at character ${at + 1})`}`,
    );
  }
}
