/** A plan as `EXPLAIN (FORMAT JSON, VERBOSE)` has it, as far as it is looked at. */
export interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly Schema?: string;
  readonly Alias?: string;
  readonly "Total Cost": number;
  readonly "Plan Rows": number;
  readonly Filter?: string;
  readonly "Index Cond"?: string;
  readonly "Recheck Cond"?: string;
  readonly "Hash Cond"?: string;
  readonly "Merge Cond"?: string;
  readonly "Join Filter"?: string;
  readonly "Sort Key"?: readonly string[];
  readonly Plans?: readonly PlanNode[];
}

/** A table that a plan reads. */
export interface Scan {
  readonly alias: string;
  readonly schema: string;
  readonly table: string;
  /** Of reading the whole table, where the plan does that; else 0. */
  readonly sequentialCost: number;
  readonly rows: number;
}

export interface PlanParts {
  readonly cost: number;
  readonly scans: Scan[];
  /** Conditions, and lists to sort by, as the server prints them: each name with its alias. */
  readonly conditions: string[];
  readonly sorts: string[];
}

const CONDITIONS = [
  "Filter",
  "Index Cond",
  "Recheck Cond",
  "Hash Cond",
  "Merge Cond",
  "Join Filter",
] as const;

export function takeApart(root: PlanNode): PlanParts {
  const parts: PlanParts = { cost: root["Total Cost"], scans: [], conditions: [], sorts: [] };
  visit(root, parts);
  return parts;
}

function visit(node: PlanNode, parts: PlanParts): void {
  const { Alias: alias, Schema: schema, "Relation Name": table } = node;
  if (alias !== undefined && schema !== undefined && table !== undefined)
    parts.scans.push({
      alias,
      schema,
      table,
      sequentialCost: node["Node Type"].endsWith("Seq Scan") ? node["Total Cost"] : 0,
      rows: node["Plan Rows"],
    });
  for (const key of CONDITIONS) {
    const condition = node[key];
    if (condition !== undefined) parts.conditions.push(condition);
  }
  if (node["Sort Key"]) parts.sorts.push(node["Sort Key"].join(", "));
  for (const child of node.Plans ?? []) visit(child, parts);
}
