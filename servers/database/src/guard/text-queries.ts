import { isNode, textOf, unwrap } from "./nodes.ts";

/**
 * Some honest functions run a query that is given as text: `crosstab`, `ts_stat`, those of pgRouting.
 * Where every such text stands in the statement as it is, these are the texts, which can be looked at
 * like the statement itself; undefined for anything else.
 */
export function textQueries(name: string, args: readonly unknown[]): string[] | undefined {
  // The form with three arguments takes no query.
  if (name === "ts_rewrite") return args.length === 3 ? [] : allTexts(args.slice(1));
  if (name === "ts_stat") return allTexts(args.slice(0, 1));
  if (/^(crosstab[234]?|pgr_\w+)$/.test(name)) {
    const texts = allTexts(args.filter((arg) => !isNumber(arg)));
    return texts?.length ? texts : undefined;
  }
  return undefined;
}

function allTexts(args: readonly unknown[]): string[] | undefined {
  const texts: string[] = [];
  for (const arg of args) {
    const text = literalText(arg);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return texts;
}

/** The text of `'…'` and `'…'::text`. */
export function literalText(arg: unknown): string | undefined {
  const [kind, body] = unwrap(arg);
  if (kind === "TypeCast") return isText(body.typeName) ? literalText(body.arg) : undefined;
  // An empty text is left out of the tree.
  return kind === "A_Const" && isNode(body.sval) ? (textOf(body.sval.sval) ?? "") : undefined;
}

function isText(typeName: unknown): boolean {
  const { names } = (typeName ?? {}) as { names?: unknown[] };
  return textOf(unwrap(names?.at(-1))[1].sval) === "text";
}

/** Numbers, truth values, and lists and named arguments of them. */
function isNumber(arg: unknown): boolean {
  const [kind, body] = unwrap(arg);
  if (kind === "NamedArgExpr" || kind === "TypeCast") return isNumber(body.arg);
  if (kind === "A_ArrayExpr") return Array.isArray(body.elements) && body.elements.every(isNumber);
  return kind === "A_Const" && body.sval === undefined && body.bsval === undefined;
}
