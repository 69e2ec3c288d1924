import { isNode, listOf, type Node, textOf, unwrap } from "./nodes.ts";

/** A table as a statement names it. */
export interface TableUse {
  readonly schema: string | undefined;
  readonly table: string;
  /** `ONLY t`: without what inherits from it. */
  readonly only: boolean;
}

/** Each place in a statement that names a table, the node as the key. Names of CTEs are none. */
export type TableUses = ReadonlyMap<Node, TableUse>;

/** Finds the tables of a statement. Where a name could be a table or a CTE, the rules of Postgres decide. */
export function findUses(statement: Node): TableUses {
  const uses = new Map<Node, TableUse>();
  visit(statement, new Set(), uses);
  return uses;
}

function visit(node: unknown, ctes: ReadonlySet<string>, uses: Map<Node, TableUse>): void {
  if (Array.isArray(node)) for (const item of node) visit(item, ctes, uses);
  if (!isNode(node)) return;
  if (node.relname !== undefined) addUse(node, ctes, uses);
  const within = isNode(node.withClause) ? visitCtes(node.withClause, ctes, uses) : ctes;
  for (const [key, value] of Object.entries(node)) {
    if (key === "withClause" || typeof value !== "object") continue;
    // What is written to is never a CTE.
    visit(value, isTarget(key, value) ? new Set() : within, uses);
  }
}

function isTarget(key: string, value: unknown): boolean {
  return key === "relation" && isNode(value) && value.relname !== undefined;
}

/** Each CTE sees those before it; in WITH RECURSIVE, all of them. What follows sees all. */
function visitCtes(
  clause: Node,
  outer: ReadonlySet<string>,
  uses: Map<Node, TableUse>,
): ReadonlySet<string> {
  const ctes = listOf(clause.ctes).map((cte) => unwrap(cte)[1]);
  const names = ctes.map(({ ctename }) => textOf(ctename) ?? "");
  const all = new Set([...outer, ...names]);
  for (const [at, cte] of ctes.entries())
    visit(cte, clause.recursive ? all : new Set([...outer, ...names.slice(0, at)]), uses);
  return all;
}

function addUse(range: Node, ctes: ReadonlySet<string>, uses: Map<Node, TableUse>): void {
  const schema = textOf(range.schemaname);
  const table = textOf(range.relname) ?? "";
  if (schema === undefined && ctes.has(table)) return;
  // Left out of the tree where false.
  uses.set(range, { schema, table, only: range.inh !== true });
}
