/** A step of a plan, as the tree shows it. */
export interface PlanStep {
  readonly id: string;
  readonly depth: number;
  readonly name: string;
  readonly on: string | undefined;
  readonly condition: string | undefined;
  readonly cost: number;
  /** What the step costs besides its children, as a share of the whole. */
  readonly share: number;
  readonly rows: number;
  /** Only of a plan that was run. */
  readonly actualRows: number | undefined;
  readonly ms: number | undefined;
}

type Node = Readonly<Record<string, unknown>>;

/** The steps of a plan as `EXPLAIN (FORMAT JSON)` writes it, each before those that it stands on. */
export function stepsOf(plan: unknown): readonly PlanStep[] {
  const first = Array.isArray(plan) ? (plan[0] as { readonly Plan?: Node } | undefined) : undefined;
  const root = first?.Plan;
  if (root === undefined) return [];
  const whole = Math.max(numberOf(root, "Total Cost") ?? 0, Number.MIN_VALUE);
  return walk(root, { depth: 0, id: "1", whole });
}

interface Place {
  readonly depth: number;
  readonly id: string;
  readonly whole: number;
}

function walk(node: Node, { depth, id, whole }: Place): readonly PlanStep[] {
  const children = Array.isArray(node.Plans) ? (node.Plans as readonly Node[]) : [];
  const cost = numberOf(node, "Total Cost") ?? 0;
  const below = children.reduce((sum, child) => sum + (numberOf(child, "Total Cost") ?? 0), 0);
  const loops = numberOf(node, "Actual Loops") ?? 1;
  const time = numberOf(node, "Actual Total Time");
  const step: PlanStep = {
    id,
    depth,
    name: [textOf(node, "Join Type"), textOf(node, "Node Type")]
      .filter((word) => word !== undefined && word !== "Inner")
      .join(" "),
    on: textOf(node, "Index Name") ?? textOf(node, "Relation Name") ?? textOf(node, "CTE Name"),
    condition: CONDITIONS.map((key) => textOf(node, key)).find((text) => text !== undefined),
    cost,
    share: Math.max(0, Math.min(1, (cost - below) / whole)),
    rows: numberOf(node, "Plan Rows") ?? 0,
    actualRows: numberOf(node, "Actual Rows"),
    ms: time === undefined ? undefined : time * loops,
  };
  return [
    step,
    ...children.flatMap((child, at) =>
      walk(child, { depth: depth + 1, id: `${id}.${at + 1}`, whole }),
    ),
  ];
}

const CONDITIONS = ["Index Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter"] as const;

function numberOf(node: Node, key: string): number | undefined {
  const value = node[key];
  return typeof value === "number" ? value : undefined;
}

function textOf(node: Node, key: string): string | undefined {
  const value = node[key];
  return typeof value === "string" ? value : undefined;
}
