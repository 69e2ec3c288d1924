/** A node of Postgres' parse tree, as JSON: node types begin with a capital, fields do not. */
export type Node = Readonly<Record<string, unknown>>;

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `{ SelectStmt: {…} }` → `["SelectStmt", {…}]`. */
export function unwrap(value: unknown): readonly [string, Node] {
  if (!isNode(value)) return ["", {}];
  const [[kind, body] = ["", {}]] = Object.entries(value);
  return [kind, isNode(body) ? body : {}];
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The names in a list of strings: `[{ String: { sval: "a" } }]` → `["a"]`. */
export function namesIn(list: unknown): string[] {
  const names: string[] = [];
  for (const item of listOf(list)) {
    const [kind, body] = unwrap(item);
    if (kind === "String") names.push(textOf(body.sval) ?? "");
  }
  return names;
}

/** Does the node end in a star: `*`, `t.*`? */
export function endsInStar(list: unknown): boolean {
  return unwrap(listOf(list).at(-1))[0] === "A_Star";
}

/**
 * Visits every keyed value of a tree, however deep, parents first. Not recursive: a tree may be as deep
 * as a statement is long. Where `visit` says false, what lies below is left out.
 */
export function eachPart(
  root: unknown,
  // biome-ignore lint/suspicious/noConfusingVoidType: most visitors have nothing to say.
  visit: (key: string, value: unknown) => boolean | void,
): void {
  const open: unknown[] = [root];
  while (open.length > 0) {
    const node = open.pop();
    if (Array.isArray(node)) for (const item of node) open.push(item);
    else if (isNode(node))
      for (const [key, value] of Object.entries(node))
        if (visit(key, value) !== false && typeof value === "object") open.push(value);
  }
}

/** `TransactionStmt` → `TRANSACTION`, `CreateTableAsStmt` → `CREATE TABLE AS`. */
export function statementName(kind: string): string {
  return (
    kind
      .replace(/Stmt$/, "")
      .replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ")
      .toUpperCase() || "THIS STATEMENT"
  );
}
