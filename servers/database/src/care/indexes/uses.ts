import { listOf, type Node, namesIn, textOf, unwrap } from "../../guard/nodes.ts";
import { loadParser } from "../../postgres/parser.ts";

/** How a statement looks for rows of one table. */
export interface ColumnUse {
  readonly alias: string;
  /** A column, or `lower(column)`: as SQL takes it. */
  readonly key: string;
  /** The column itself. */
  readonly column: string;
  /** `join`: equal to a column of another table; `gin`: an operator that only a GIN index serves. */
  readonly kind: "equal" | "join" | "range" | "pattern" | "gin" | "text";
}

export interface SortUse {
  readonly alias: string;
  readonly keys: { readonly key: string; readonly column: string; readonly descending: boolean }[];
}

/** Reads a condition of a plan. What it does not understand is not among the uses. */
export async function readCondition(condition: string): Promise<ColumnUse[]> {
  const statement = await parse(`SELECT 1 WHERE ${withoutSubplans(condition)}`);
  const uses: ColumnUse[] = [];
  if (statement) collect(statement.whereClause, uses);
  return uses;
}

/** Reads what a plan sorts by; undefined where that is not of one table alone. */
export async function readSort(keys: string): Promise<SortUse | undefined> {
  const statement = await parse(`SELECT 1 ORDER BY ${withoutSubplans(keys)}`);
  if (!statement) return undefined;
  const found = listOf(statement.sortClause).map((item) => {
    const [, { node, sortby_dir }] = unwrap(item);
    const key = keyOf(node);
    return key && { ...key, descending: sortby_dir === "SORTBY_DESC" };
  });
  const alias = found[0]?.alias;
  if (alias === undefined || !found.every((key) => key?.alias === alias)) return undefined;
  return {
    alias,
    keys: found.flatMap((key) =>
      key ? [{ key: key.key, column: key.column, descending: key.descending }] : [],
    ),
  };
}

async function parse(sql: string): Promise<Node | undefined> {
  const { parse: read } = await loadParser();
  try {
    const { stmts = [] } = await read(sql);
    const [, statement] = unwrap(stmts[0]?.stmt);
    return statement;
  } catch {
    // Not every expression of a plan is one of SQL.
    return undefined;
  }
}

function withoutSubplans(text: string): string {
  return text
    .replaceAll(
      /(NOT )?\(?(hashed |ALTERNATIVES: )?SubPlan \d+( or hashed SubPlan \d+)?\)?/g,
      "(true)",
    )
    .replaceAll(/\(InitPlan \d+\)\.col\d+|\(returns [$\d, ]+\)/g, "NULL")
    .replaceAll(/\$0\b/g, "$1");
}

function collect(node: unknown, uses: ColumnUse[]): void {
  if (node === undefined || node === null) return;
  const [kind, body] = unwrap(node);
  if (kind === "BoolExpr" && body.boolop !== "NOT_EXPR")
    for (const arg of listOf(body.args)) collect(arg, uses);
  if (kind === "NullTest" && body.nulltesttype === "IS_NULL") add(uses, keyOf(body.arg), "equal");
  if (kind === "A_Expr") compare(body, uses);
}

const FLIPPED: Readonly<Record<string, string>> = { "<": ">", ">": "<", "<=": ">=", ">=": "<=" };
const GIN = new Set(["@>", "<@", "&&", "?", "?|", "?&", "@@"]);

function compare({ kind, name, lexpr, rexpr }: Node, uses: ColumnUse[]): void {
  const operator = namesIn(name).at(-1) ?? "";
  const [left, right] = [keyOf(lexpr), keyOf(rexpr)];
  if (kind === "AEXPR_OP_ANY") {
    if (operator === "=") add(uses, left, "equal");
    return;
  }
  if (kind !== "AEXPR_OP" && kind !== "AEXPR_LIKE" && kind !== "AEXPR_ILIKE") return;
  if (left && right) {
    if (operator !== "=" || left.alias === right.alias) return;
    add(uses, left, "join");
    add(uses, right, "join");
    return;
  }
  if (operator === "=") add(uses, left ?? right, "equal");
  else if (operator in FLIPPED) add(uses, left ?? right, "range");
  else if (GIN.has(operator)) add(uses, left, "gin");
  else if (operator === "~~" || operator === "~~*")
    add(uses, left, operator === "~~" && beginsPlain(rexpr) ? "pattern" : "text");
}

function beginsPlain(node: unknown): boolean {
  const [kind, body] = unwrap(node);
  if (kind === "TypeCast") return beginsPlain(body.arg);
  const text = textOf((body.sval as Node | undefined)?.sval) ?? "";
  return kind === "A_Const" && /^[^%_\\]/.test(text);
}

function add(uses: ColumnUse[], key: Key | undefined, kind: ColumnUse["kind"]): void {
  if (key) uses.push({ ...key, kind });
}

interface Key {
  readonly alias: string;
  readonly key: string;
  readonly column: string;
}

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** `alias.column`, also inside a cast, or inside lower() and upper(). */
function keyOf(node: unknown): Key | undefined {
  if (node === undefined || node === null) return undefined;
  const [kind, body] = unwrap(node);
  if (kind === "TypeCast") return keyOf(body.arg);
  if (kind === "ColumnRef") {
    const names = namesIn(body.fields);
    const [alias, column] = names;
    if (names.length !== 2 || alias === undefined || column === undefined) return undefined;
    return { alias, column, key: quote(column) };
  }
  const called = kind === "FuncCall" ? namesIn(body.funcname).at(-1) : undefined;
  const args = listOf(body.args);
  if ((called !== "lower" && called !== "upper") || args.length !== 1) return undefined;
  const inside = keyOf(args[0]);
  return inside && { ...inside, key: `${called}(${inside.key})` };
}
