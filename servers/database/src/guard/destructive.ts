import { eachPart, isNode, listOf, type Node, textOf, unwrap } from "./nodes.ts";

/** `DO` is code that nobody has read. */
const KINDS = /^(Drop\w*Stmt|DropdbStmt|TruncateStmt|DoStmt)$/;
const ALTERATIONS = /^AT_(DropColumn|DropConstraint|AlterColumnType)$/;

/** Does the statement drop or truncate something, or write without a condition, at any depth? */
export function destroys(statement: Node): boolean {
  let found = false;
  eachPart(statement, (key, value) => {
    found ||= KINDS.test(key) || (isNode(value) && destroysHere(key, value));
    return !found;
  });
  return found;
}

function destroysHere(key: string, body: Node): boolean {
  if (key === "AlterTableCmd") return ALTERATIONS.test(textOf(body.subtype) ?? "");
  if (key === "UpdateStmt" || key === "DeleteStmt") return !hasCondition(body.whereClause);
  if (key === "MergeStmt") return destroysByMerge(body);
  return false;
}

/** What no column decides is true for every row, or for none. */
function hasCondition(where: unknown): boolean {
  let found = false;
  eachPart(where, (key) => {
    found ||= key === "ColumnRef" || key === "CurrentOfExpr";
    return !found;
  });
  return found;
}

function destroysByMerge(merge: Node): boolean {
  const narrow = hasCondition(merge.joinCondition);
  return listOf(merge.mergeWhenClauses).some((clause) => {
    const [, { commandType, matchKind, condition }] = unwrap(clause);
    if (commandType !== "CMD_DELETE" && commandType !== "CMD_UPDATE") return false;
    return (
      !hasCondition(condition) && (!narrow || matchKind === "MERGE_WHEN_NOT_MATCHED_BY_SOURCE")
    );
  });
}
