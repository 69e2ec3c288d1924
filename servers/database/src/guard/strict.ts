import { isKnownFunction } from "./known-functions.ts";
import {
  eachPart,
  isNode,
  listOf,
  type Node,
  namesIn,
  statementName,
  textOf,
  unwrap,
} from "./nodes.ts";
import { refuse } from "./refusals.ts";

const ADVICE = "DATABASE_STRICT=false would allow what is not known to be harmful.";

const READS = "SelectStmt ExplainStmt VariableShowStmt";
const WRITES = "InsertStmt UpdateStmt DeleteStmt MergeStmt";

/** Parts of reads and writes of rows. What a future parser adds is refused until it is looked at. */
const PARTS = `
  A_ArrayExpr A_Const A_Expr A_Indices A_Indirection A_Star Alias BoolExpr Boolean BooleanTest BitString
  CaseExpr CaseWhen CoalesceExpr CollateClause ColumnDef ColumnRef CommonTableExpr CTECycleClause
  CTESearchClause CurrentOfExpr DefElem Float FuncCall GroupingFunc GroupingSet IndexElem InferClause
  Integer JoinExpr JsonAggConstructor JsonArgument JsonArrayAgg JsonArrayConstructor
  JsonArrayQueryConstructor JsonBehavior JsonFormat JsonFuncExpr JsonIsPredicate JsonKeyValue
  JsonObjectAgg JsonObjectConstructor JsonOutput JsonParseExpr JsonReturning JsonScalarExpr
  JsonSerializeExpr JsonTable JsonTableColumn JsonTablePathSpec JsonValueExpr List LockingClause
  MergeWhenClause MinMaxExpr MultiAssignRef NamedArgExpr NullTest OnConflictClause ParamRef
  RangeFunction RangeSubselect RangeTableFunc RangeTableFuncCol RangeTableSample RangeVar ResTarget
  ReturningClause ReturningOption RowExpr SetToDefault SortBy SQLValueFunction String SubLink TypeCast
  TypeName WindowDef WithClause XmlExpr XmlSerialize`;

const KNOWN = new Set(`${READS} ${WRITES} ${PARTS}`.trim().split(/\s+/));

/** Refuses all but known statements, node types, and functions and operators of Postgres itself. */
export function checkStrictly(statement: Node, mode: string): void {
  const [kind] = unwrap(statement);
  // What admin adds is structure and settings, which no list of harmless parts can describe.
  if (mode === "admin" && !KNOWN.has(kind)) return;
  eachPart(statement, (key, value) => {
    if (/^[A-Z]/.test(key) && !KNOWN.has(key)) refuseStrictly(`${statementName(key)} is not known`);
    if (!isNode(value)) return;
    if (key === "FuncCall") checkCall(namesIn(value.funcname));
    if (key === "A_Expr") checkOperator(namesIn(value.name));
    if (key === "SubLink") checkOperator(namesIn(value.operName));
    if (key === "SortBy") checkOperator(namesIn(value.useOp));
    if (key === "RangeTableSample") checkSample(namesIn(value.method));
    if (key === "A_Indirection") checkFields(listOf(value.indirection));
  });
}

function checkCall(names: readonly string[]): void {
  const name = names.at(-1) ?? "";
  const schema = names.at(-2) ?? "pg_catalog";
  if (schema !== "pg_catalog" || !isKnownFunction(name))
    refuseStrictly(`the function ${names.join(".")} is not among those known to be harmless`);
}

function checkOperator(names: readonly string[]): void {
  if (names.length > 1 && names[0] !== "pg_catalog")
    refuseStrictly(`the operator ${names.join(".")} is not one of Postgres itself`);
}

function checkSample(names: readonly string[]): void {
  if (!/^(system|bernoulli)$/.test(names.at(-1) ?? ""))
    refuseStrictly(`the sampling method ${names.join(".")} is not one of Postgres itself`);
}

/** `(x).f` may call a function f; which, nobody can tell from the text. */
function checkFields(fields: readonly unknown[]): void {
  for (const field of fields) {
    const name = textOf(unwrap(field)[1].sval);
    if (name !== undefined) refuseStrictly(`(…).${name} may call a function of that name`);
  }
}

function refuseStrictly(reason: string): never {
  refuse(`${reason}, and the guard is strict`, ADVICE);
}
