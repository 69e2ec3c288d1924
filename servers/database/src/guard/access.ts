import { type Catalog, findRelation } from "./catalog.ts";
import { checkColumns, type Restricted } from "./columns.ts";
import type { Surroundings } from "./guard.ts";
import { type Lists, SETTINGS } from "./lists.ts";
import { eachPart, listOf, type Node, namesIn, statementName, textOf, unwrap } from "./nodes.ts";
import { refuse } from "./refusals.ts";
import { checkTable, type Restriction } from "./tables.ts";
import { findUses, type TableUse } from "./uses.ts";

/** Statements whose tables all stand in their tree; what any other does, no list can say. */
const READABLE = new Set(
  `SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt ExplainStmt VariableShowStmt CreateStmt
   AlterTableStmt TruncateStmt IndexStmt ViewStmt CreateTableAsStmt RefreshMatViewStmt LockStmt
   VacuumStmt CreateSeqStmt AlterSeqStmt CreateEnumStmt AlterEnumStmt DropStmt RenameStmt`.split(
    /\s+/,
  ),
);
const DROPPED_RELATIONS = /^OBJECT_(TABLE|VIEW|MATVIEW|INDEX|SEQUENCE|FOREIGN_TABLE)$/;
/** How code gets at what is not named in the statement. */
const OPAQUE_FUNCTIONS = new Set(["set_config"]);

/**
 * Refuses a statement that could reach what the lists guard. The catalog says which schema a bare name
 * means and which columns a table has; without it, whatever could be meant counts.
 */
export async function checkAccess(
  statement: Node,
  lists: Lists,
  { catalog: catalogOf, masks = false }: Surroundings,
): Promise<void> {
  checkReadable(statement);
  const uses = findUses(statement);
  const dropped = findDropped(statement);
  if (uses.size === 0 && dropped.length === 0) return;
  const catalog = await catalogOf?.([...uses.values(), ...dropped].map(({ table }) => table));
  const restricted = new Map<unknown, Restriction>();
  for (const [node, use] of uses) {
    const restriction = checkTable(lists, use, catalog);
    if (restriction) restricted.set(node, restriction);
  }
  for (const use of dropped) checkDropped(use, lists, catalog);
  if (restricted.size > 0) checkColumns(statement, restricted as Restricted, masks);
}

function checkReadable(statement: Node): void {
  eachPart(statement, (key, value) => {
    if (/^[A-Z]\w*Stmt$/.test(key) && !READABLE.has(key))
      refuseUnreadable(`what ${statementName(key)} reaches can not be compared with the lists`);
    const [, body] = unwrap({ key: value });
    if (key === "RenameStmt" && !body.relation)
      refuseUnreadable("RENAME could make other names mean guarded tables");
    if (key === "DropStmt" && !DROPPED_RELATIONS.test(textOf(body.removeType) ?? ""))
      refuseUnreadable("DROP could reach guarded tables through what belongs to this");
    if (key === "FuncCall" && OPAQUE_FUNCTIONS.has(namesIn(body.funcname).at(-1) ?? ""))
      refuseUnreadable("set_config could make other names mean guarded tables");
  });
}

function refuseUnreadable(reason: string): never {
  refuse(reason, `An operator can run it without ${Object.values(SETTINGS).join(", ")}.`);
}

/** `DROP` names its relations by lists of names. */
function findDropped(statement: Node): TableUse[] {
  const [kind, body] = unwrap(statement);
  if (kind !== "DropStmt") return [];
  return listOf(body.objects).map((object) => {
    const [table = "", schema] = namesIn(unwrap(object)[1].items).reverse();
    return { schema, table, only: false };
  });
}

function checkDropped(use: TableUse, lists: Lists, catalog: Catalog | undefined): void {
  const { schema, table } = use;
  // An index is in no list, and goes with its table's schema.
  const restriction = checkTable(
    lists,
    use,
    catalog && findRelation(catalog, schema, table) && catalog,
  );
  if (restriction)
    refuse(
      `${table} has columns that are guarded, and would be dropped`,
      "An operator can run it without DATABASE_DENY_COLUMNS and DATABASE_MASK_COLUMNS.",
    );
}
