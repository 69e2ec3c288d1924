import { endsInStar, isNode, listOf, type Node, namesIn, textOf, unwrap } from "./nodes.ts";
import { refuse } from "./refusals.ts";
import { type Restriction, refuseColumn } from "./tables.ts";

/** The tables of a statement that have guarded columns, by the node that names them. */
export type Restricted = ReadonlyMap<unknown, Restriction>;

/** Where in a statement a part stands. */
interface Place {
  /** What `*` stands for here: the guarded tables of this level. */
  readonly level: readonly Restriction[];
  /** Does the part become a column of the answer as it is? */
  readonly isOutput: boolean;
}

interface Scope {
  readonly restricted: Restricted;
  readonly all: readonly Restriction[];
  /** By every name under which the statement may mean a guarded table, as a whole row. */
  readonly byName: ReadonlyMap<string, readonly Restriction[]>;
}

/** Functions that take any row alone, and so can be written as if they were columns of it: `t.to_jsonb`. */
const ROW_FUNCTIONS = new Set(
  `to_json to_jsonb row_to_json json_agg jsonb_agg json_agg_strict jsonb_agg_strict array_agg any_value
   hstore concat json_build_array jsonb_build_array quote_literal quote_nullable hash_record
   record_out record_send pg_column_size max min`.split(/\s+/),
);

/**
 * Refuses every use of guarded columns but these: a masked column, or `*` over it, as a column of the
 * outermost answer, whose values are then masked by where they come from; whether it is null; its count.
 * `masks`: are the values of the answer masked at all?
 */
export function checkColumns(statement: Node, restricted: Restricted, masks: boolean): void {
  const scope: Scope = {
    restricted,
    all: [...new Set(restricted.values())],
    byName: namesOf(statement, restricted),
  };
  const [kind, body] = unwrap(statement);
  const [queryKind, query] = kind === "ExplainStmt" ? unwrap(body.query) : [kind, body];
  if (!/^(Select|Insert|Update|Delete|Merge|View|CreateTableAs)Stmt$/.test(queryKind))
    refuseChange(scope);
  visit({ [queryKind]: query }, { level: [], isOutput: masks }, scope);
}

function refuseChange({ all: [first] }: Scope): never {
  refuse(
    `${first?.table} has columns that are guarded, and such a statement could get around it`,
    "An operator can run it without DATABASE_DENY_COLUMNS and DATABASE_MASK_COLUMNS.",
  );
}

function visit(node: unknown, place: Place, scope: Scope): void {
  if (Array.isArray(node)) for (const item of node) visit(item, place, scope);
  if (!isNode(node)) return;
  // Some nodes stand there without their type: every query has a limit option, also the parts of a UNION.
  if (node.limitOption !== undefined) visitSelect(node, place, scope);
  else for (const [key, value] of Object.entries(node)) visitPart(key, value, place, scope);
}

function visitPart(key: string, value: unknown, place: Place, scope: Scope): void {
  if (typeof value !== "object") return;
  const inside: Place = { ...place, isOutput: false };
  if (!isNode(value) || key === "SelectStmt")
    visit(value, key === "SelectStmt" ? place : inside, scope);
  else if (/^(Insert|Update|Delete|Merge)Stmt$/.test(key)) visitWrite(key, value, place, scope);
  else if (key === "ColumnRef") checkReference(value, inside, scope);
  else if (!tellsNoValue(key, value) || !isMaskedColumn(value, scope)) {
    if (key === "JoinExpr") checkJoin(value, scope);
    if (key === "RangeVar") checkAlias(value, scope.restricted.get(value));
    if (key === "IndexElem") checkName(textOf(value.name), scope);
    visit(value, inside, scope);
  }
}

function visitSelect(select: Node, place: Place, scope: Scope): void {
  const level = directly(select.fromClause, scope);
  const isPlain = select.op === "SETOP_NONE" && !select.intoClause;
  const output = { level, isOutput: place.isOutput && isPlain };
  if (output.isOutput) checkOrder(select, output, scope);
  for (const [key, value] of Object.entries(select)) {
    if (key === "targetList") visitTargets(listOf(value), output, scope);
    // The limit option itself, wrapped so, would be taken for a query.
    else visitPart(key, value, { level, isOutput: false }, scope);
  }
}

function visitTargets(targets: readonly unknown[], place: Place, scope: Scope): void {
  for (const target of targets) {
    const { val } = unwrap(target)[1];
    if (unwrap(val)[0] === "ColumnRef") checkReference(unwrap(val)[1], place, scope);
    else visit(val, { ...place, isOutput: false }, scope);
  }
}

function visitWrite(kind: string, write: Node, place: Place, scope: Scope): void {
  const target = scope.restricted.get(write.relation);
  const sources = [write.relation, write.fromClause, write.usingClause, write.sourceRelation];
  const level = directly(sources, scope);
  if (target) checkWritten(kind, write, target);
  for (const [key, value] of Object.entries(write)) {
    if (key === "returningClause" && isNode(value))
      visitTargets(listOf(value.exprs), { level, isOutput: place.isOutput }, scope);
    else visit({ [key]: value }, { level, isOutput: false }, scope);
  }
}

/** Columns that may not be used may not be written either; masked ones may. */
function checkWritten(kind: string, write: Node, target: Restriction): void {
  const check = (targets: unknown) => {
    for (const one of listOf(targets)) {
      const name = textOf(unwrap(one)[1].name);
      if (name !== undefined && target.denied(name)) refuseColumn(name, target.table);
    }
  };
  if (kind === "InsertStmt") {
    if (target.hasDenied && write.cols === undefined && write.selectStmt !== undefined)
      refuseColumn("*", target.table);
    check(write.cols);
    const conflict = isNode(write.onConflictClause) ? write.onConflictClause : {};
    check(conflict.targetList);
  } else if (kind === "UpdateStmt") check(write.targetList);
  for (const clause of listOf(write.mergeWhenClauses)) {
    const { commandType, targetList, values } = unwrap(clause)[1];
    if (commandType === "CMD_INSERT" && target.hasDenied && !targetList && values)
      refuseColumn("*", target.table);
    check(targetList);
  }
}

/** `count(c)` and `c IS NULL` tell which values are there, and no value. */
function tellsNoValue(key: string, value: Node): boolean {
  if (key === "NullTest") return true;
  return (
    key === "FuncCall" &&
    namesIn(value.funcname).at(-1) === "count" &&
    !value.agg_distinct &&
    !value.agg_filter &&
    !value.agg_order &&
    !value.over &&
    listOf(value.args).length === 1
  );
}

function isMaskedColumn({ arg, args }: Node, scope: Scope): boolean {
  const [kind, reference] = unwrap(arg ?? listOf(args)[0]);
  if (kind !== "ColumnRef" || endsInStar(reference.fields)) return false;
  const names = namesIn(reference.fields);
  const { found, column } = meant(names, scope);
  const isRow = names.length === 1 && scope.byName.has(column.toLowerCase());
  return !isRow && found.every((one) => !one.denied(column));
}

/** The guarded tables that `column`, `t.column` or `s.t.column` may mean. */
function meant(
  names: readonly string[],
  scope: Scope,
): { found: readonly Restriction[]; column: string } {
  const column = names.at(-1) ?? "";
  const table = names.at(-2)?.toLowerCase();
  return { column, found: table === undefined ? scope.all : (scope.byName.get(table) ?? []) };
}

function checkReference(reference: Node, { level, isOutput }: Place, scope: Scope): void {
  const names = namesIn(reference.fields);
  if (endsInStar(reference.fields)) {
    const table = names.at(-1)?.toLowerCase();
    const found = table === undefined ? level : (scope.byName.get(table) ?? []);
    for (const one of found) {
      if (one.hasDenied) refuseColumn("*", one.table);
      if (!isOutput) refuseMasked("*", one.table);
    }
    return;
  }
  const { found, column } = meant(names, scope);
  for (const one of found) {
    if (one.denied(column)) refuseColumn(column, one.table);
    if (one.masked(column) && !isOutput) refuseMasked(column, one.table);
    const isCall = names.length > 1 && ROW_FUNCTIONS.has(column) && !one.has(column);
    if (isCall) refuseRow(one.table);
  }
  const row = scope.byName.get(column.toLowerCase())?.find((one) => !one.has(column));
  if (row) refuseRow(row.table);
}

/** To sort or group by the masked column tells of its values. */
function checkOrder(select: Node, place: Place, scope: Scope): void {
  const targets = listOf(select.targetList).map((target) => unwrap(target)[1]);
  const masked = targets.map(({ val }) => outputIsMasked(val, place, scope));
  const [first] = masked.filter((one) => one !== undefined);
  if (!first) return;
  if (select.distinctClause) refuseMasked("a masked column", first.table);
  const hasStar = targets.some(({ val }) => endsInStar(unwrap(val)[1].fields));
  const keys = [...listOf(select.sortClause), ...listOf(select.groupClause)];
  for (const key of keys) {
    const [kind, body] = unwrap(key);
    const [keyKind, value] = kind === "SortBy" ? unwrap(body.node) : [kind, body];
    const number = isNode(value.ival) ? Number(value.ival.ival ?? 0) : undefined;
    const isMasked =
      keyKind === "A_Const"
        ? number === undefined || hasStar || masked[number - 1] !== undefined
        : namesIn(value.fields).some((name) =>
            targets.some((one, at) => one.name === name && masked[at] !== undefined),
          );
    if (isMasked || keyKind === "GroupingSet") refuseMasked("a masked column", first.table);
  }
}

function outputIsMasked(value: unknown, { level }: Place, scope: Scope): Restriction | undefined {
  const [kind, reference] = unwrap(value);
  if (kind !== "ColumnRef") return undefined;
  const names = namesIn(reference.fields);
  if (!endsInStar(reference.fields)) {
    const { found, column } = meant(names, scope);
    return found.find((one) => one.masked(column));
  }
  const table = names.at(-1)?.toLowerCase();
  return table === undefined ? level[0] : scope.byName.get(table)?.[0];
}

function checkJoin(join: Node, scope: Scope): void {
  const [first] = scope.all;
  if (join.isNatural && first)
    refuse(`a NATURAL join could compare columns of ${first.table} that are guarded`, "Use ON.");
  for (const name of namesIn(join.usingClause)) checkName(name, scope);
  const [within] = directly([join], scope);
  if (within) checkAlias(join, within);
}

/** Of an expression there is no name. */
function checkName(name: string | undefined, { all }: Scope): void {
  if (name === undefined) return;
  for (const one of all) {
    if (one.denied(name)) refuseColumn(name, one.table);
    if (one.masked(name)) refuseMasked(name, one.table);
  }
}

/** `t AS x(a, b)` gives the columns other names. */
function checkAlias(item: Node, restriction: Restriction | undefined): void {
  const alias = isNode(item.alias) ? item.alias : {};
  if (restriction && alias.colnames)
    refuse(
      `the alias ${textOf(alias.aliasname)} renames columns of ${restriction.table}, some of which are guarded`,
      "Leave the list of names out.",
    );
}

/** The guarded tables that stand in a FROM clause itself, joins opened, sub-selects not. */
function directly(items: unknown, scope: Scope): Restriction[] {
  if (Array.isArray(items)) return items.flatMap((item) => directly(item, scope));
  if (!isNode(items)) return [];
  const own = scope.restricted.get(items);
  if (own) return [own];
  const within = ["RangeVar", "JoinExpr", "RangeTableSample", "larg", "rarg", "relation"];
  return within.flatMap((key) => directly(items[key], scope));
}

/** Under which names a statement may mean the row of a guarded table. */
function namesOf(statement: Node, restricted: Restricted): Map<string, Restriction[]> {
  const names = new Map<string, Restriction[]>();
  const add = (name: unknown, found: readonly Restriction[]) => {
    const key = textOf(name)?.toLowerCase();
    if (key !== undefined) names.set(key, [...(names.get(key) ?? []), ...found]);
  };
  const scope = { restricted, all: [], byName: names };
  const collect = (node: unknown): void => {
    if (Array.isArray(node)) for (const item of node) collect(item);
    if (!isNode(node)) return;
    const own = restricted.get(node);
    if (own) add(node.relname, [own]);
    const within = own ? [own] : node.larg && !node.limitOption ? directly(node, scope) : [];
    if (within.length > 0 && isNode(node.alias)) add(node.alias.aliasname, within);
    const target = restricted.get(node.relation);
    if (target) for (const name of ["excluded", "old", "new"]) add(name, [target]);
    if (target && isNode(node.returningClause))
      for (const option of listOf(node.returningClause.options))
        add(unwrap(option)[1].value, [target]);
    for (const value of Object.values(node)) collect(value);
  };
  collect(statement);
  return names;
}

function refuseMasked(column: string, table: string): never {
  refuse(
    `${column} of ${table} is masked: it may be a column of the answer as it is, and nothing else may be done with it`,
    "Select it by its name in the outermost SELECT, without DISTINCT, or leave it out.",
  );
}

function refuseRow(table: string): never {
  refuse(
    `a whole row of ${table} would hold columns that are guarded`,
    "Name the columns that you want.",
  );
}
