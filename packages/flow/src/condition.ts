import type { JsonValue } from "@trestle/protocol";
import { badCondition, meaningOf, type Token, tokenize } from "./condition-tokens.ts";
import type { Reference, ReferenceNames } from "./references.ts";

/** A parsed `when`. */
export type Condition =
  | { readonly kind: "value"; readonly value: JsonValue }
  | { readonly kind: "reference"; readonly reference: Reference }
  | { readonly kind: "exists"; readonly reference: Reference }
  | { readonly kind: "not"; readonly of: Condition }
  | { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
  | {
      readonly kind: "compare";
      readonly operator: Operator;
      readonly left: Condition;
      readonly right: Condition;
    };

export type Operator = "==" | "!=" | "<" | "<=" | ">" | ">=";

const MAX_CONDITION = 4_000;
const MAX_NESTING = 50;
const operators: readonly string[] = ["==", "!=", "<", "<=", ">", ">="];

/**
 * Parses `$step_1.total > 10 and not exists($last_result.error)`: comparisons of references, texts,
 * numbers, true, false and null, joined by and, or, not (`&&`, `||`, `!`) and parentheses.
 * Throws `invalid_input` that points at the character.
 */
export function parseCondition(source: string, names: ReferenceNames): Condition {
  if (source.length > MAX_CONDITION) {
    throw badCondition(
      source,
      MAX_CONDITION,
      `A condition has at most ${MAX_CONDITION} characters; cut off`,
    );
  }
  const cursor = createCursor(source, tokenize(source, names));
  const condition = parseOr(cursor, 0);
  const rest = cursor.peek();
  if (rest.kind !== "end") throw badCondition(source, rest.at, "Expected and, or, or the end");
  return condition;
}

/** References that need a value, and those that are only asked whether they have one. */
export function conditionReferences(condition: Condition): {
  needed: Reference[];
  asked: Reference[];
} {
  switch (condition.kind) {
    case "value":
      return { needed: [], asked: [] };
    case "reference":
      return { needed: [condition.reference], asked: [] };
    case "exists":
      return { needed: [], asked: [condition.reference] };
    case "not":
      return conditionReferences(condition.of);
    default: {
      const left = conditionReferences(condition.left);
      const right = conditionReferences(condition.right);
      return {
        needed: [...left.needed, ...right.needed],
        asked: [...left.asked, ...right.asked],
      };
    }
  }
}

interface Cursor {
  peek(): Token;
  take(): Token;
  /** Takes the next token if it means `word`. */
  takeIf(word: string): boolean;
  fail(problem: string): Error;
}

function createCursor(source: string, tokens: readonly Token[]): Cursor {
  let index = 0;
  const end: Token = { kind: "end", text: "", at: source.length };
  const cursor: Cursor = {
    peek: () => tokens[index] ?? end,
    take: () => tokens[index++] ?? end,
    takeIf(word) {
      const token = cursor.peek();
      const isIt = token.kind === "word" && meaningOf(token) === word;
      if (isIt) index += 1;
      return isIt;
    },
    fail: (problem) => badCondition(source, cursor.peek().at, problem),
  };
  return cursor;
}

function parseOr(cursor: Cursor, depth: number): Condition {
  if (depth > MAX_NESTING) throw cursor.fail(`More than ${MAX_NESTING} levels of nesting`);
  let left = parseAnd(cursor, depth);
  while (cursor.takeIf("or")) left = { kind: "or", left, right: parseAnd(cursor, depth) };
  return left;
}

function parseAnd(cursor: Cursor, depth: number): Condition {
  let left = parseNot(cursor, depth);
  while (cursor.takeIf("and")) left = { kind: "and", left, right: parseNot(cursor, depth) };
  return left;
}

function parseNot(cursor: Cursor, depth: number): Condition {
  let count = 0;
  while (cursor.takeIf("not")) count += 1;
  const condition = parseComparison(cursor, depth);
  if (count === 0) return condition;
  const negated: Condition = { kind: "not", of: condition };
  return count % 2 === 1 ? negated : { kind: "not", of: negated };
}

function parseComparison(cursor: Cursor, depth: number): Condition {
  const left = parseOperand(cursor, depth);
  if (!operators.includes(cursor.peek().text)) return left;
  const operator = cursor.take().text as Operator;
  const right = parseOperand(cursor, depth);
  if (operators.includes(cursor.peek().text)) {
    throw cursor.fail("Comparisons do not chain; join two of them with and");
  }
  return { kind: "compare", operator, left, right };
}

function parseOperand(cursor: Cursor, depth: number): Condition {
  const token = cursor.peek();
  if (token.kind === "value" || token.kind === "reference") {
    cursor.take();
    return token.kind === "value"
      ? { kind: "value", value: token.value }
      : { kind: "reference", reference: token.reference };
  }
  if (cursor.takeIf("(")) {
    const inner = parseOr(cursor, depth + 1);
    if (!cursor.takeIf(")")) throw cursor.fail("Expected )");
    return inner;
  }
  if (cursor.takeIf("exists")) return parseExists(cursor);
  throw cursor.fail(
    "Expected a reference, a text in quotes, a number, true, false, null or exists(…)",
  );
}

function parseExists(cursor: Cursor): Condition {
  const isParenthesized = cursor.takeIf("(");
  const token = cursor.peek();
  if (token.kind !== "reference") throw cursor.fail("exists asks for one reference");
  cursor.take();
  if (isParenthesized && !cursor.takeIf(")")) throw cursor.fail("Expected )");
  return { kind: "exists", reference: token.reference };
}
