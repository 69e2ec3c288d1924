import { FIGURES, PERIODS } from "./aggregate.ts";
import type { TableShape } from "./shape.ts";

type Node = Record<string, unknown>;

const KINDS = {
  select: "SelectStmt",
  aggregate: "SelectStmt",
  insert: "InsertStmt",
  upsert: "InsertStmt",
  update: "UpdateStmt",
  delete: "DeleteStmt",
} as const;

const OPERATORS = new Set("= <> < <= > >= ~ ~* ~~ !~~ ~~* @> <@ && ? BETWEEN IN".split(" "));
const CASTS = new Set(["text", "numeric", "timestamp", "date"]);
const FUNCTIONS = new Set<string>([...FIGURES, "date_trunc"]);
/** Kinds of nodes that no statement of ours is made of. */
const FOREIGN =
  /^(?:SubLink|CommonTableExpr|WithClause|JoinExpr|RangeFunction|RangeSubselect|IntoClause|LockingClause|A_Indirection|CoalesceExpr|CaseExpr|SQLValueFunction|XmlExpr|CollateClause|MultiAssignRef)$/;

/**
 * What is wrong with a parsed statement, if anything: it must be one statement of its kind about one table, with
 * that table's columns and these results, our operators and functions, and every value a parameter used once.
 */
export function findFault(
  tree: { stmts?: { stmt?: unknown }[] },
  tool: keyof typeof KINDS,
  { table, results, params }: { table: TableShape; results: ReadonlySet<string>; params: number },
): string | undefined {
  const { stmts = [] } = tree;
  const statement = stmts[0]?.stmt as Node | undefined;
  if (stmts.length !== 1 || !statement) return `${stmts.length} statements`;
  if (Object.keys(statement)[0] !== KINDS[tool]) return `a ${Object.keys(statement)[0]}`;
  const seen = { tables: 0, selects: 0, params: [] as number[] };
  const columns = new Set(table.columns.map(({ name }) => name));

  function look(key: string, value: Node): string | undefined {
    if (FOREIGN.test(key)) return key;
    if (key === "SelectStmt") seen.selects += 1;
    if (key === "ParamRef") seen.params.push(value.number as number);
    if (key === "RangeVar" || key === "relation") return lookAtTable(value);
    if (key === "ColumnRef") return lookAtColumn(strings(value.fields));
    if (key === "FuncCall" && !FUNCTIONS.has(strings(value.funcname).join(".")))
      return "a function";
    if (key === "A_Expr" && !OPERATORS.has(strings(value.name).join("."))) return "an operator";
    if (key === "TypeCast") return lookAtCast(value);
    if (key === "A_Const") return lookAtConstant(value);
    return undefined;
  }

  function lookAtTable(value: Node): string | undefined {
    seen.tables += 1;
    const isOurs = value.schemaname === table.schema && value.relname === table.name;
    return isOurs && value.catalogname === undefined ? undefined : "another table";
  }

  function lookAtColumn(fields: string[]): string | undefined {
    const [first = "", second = ""] = fields;
    if (fields.length === 1 && (columns.has(first) || results.has(first))) return undefined;
    if (tool === "upsert" && fields.length === 2 && first === "excluded" && columns.has(second))
      return undefined;
    return `a column ${JSON.stringify(fields)}`;
  }

  function walk(node: unknown): string | undefined {
    if (Array.isArray(node)) return firstOf(node.map(walk));
    if (typeof node !== "object" || node === null) return undefined;
    return firstOf(
      Object.entries(node).map(([key, value]) => look(key, value as Node) ?? walk(value)),
    );
  }

  const fault = walk(statement);
  if (fault) return fault;
  if (seen.tables !== 1) return `${seen.tables} tables`;
  if (seen.selects > 1) return `${seen.selects} selects`;
  const numbers = seen.params.toSorted((a, b) => a - b);
  const isEach = numbers.length === params && numbers.every((number, at) => number === at + 1);
  return isEach ? undefined : `parameters ${numbers.join(" ")} of ${params}`;
}

function lookAtCast({ typeName }: Node): string | undefined {
  const name = strings((typeName as Node).names).at(-1) ?? "";
  return CASTS.has(name) ? undefined : `a cast to ${name}`;
}

/** No value but our own words. */
function lookAtConstant({ boolval, sval }: Node): string | undefined {
  if (boolval !== undefined) return undefined;
  const text = (sval as { sval?: string } | undefined)?.sval;
  return PERIODS.some((period) => period === text) ? undefined : `a constant ${text}`;
}

function strings(list: unknown): string[] {
  return ((list ?? []) as { String?: { sval?: string } }[]).map((each) => each.String?.sval ?? "?");
}

function firstOf(faults: (string | undefined)[]): string | undefined {
  return faults.find((fault) => fault !== undefined);
}
