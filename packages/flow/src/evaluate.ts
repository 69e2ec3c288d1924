import { isDeepStrictEqual } from "node:util";
import { type JsonValue, TrestleError } from "@trestle/protocol";
import type { Condition, Operator } from "./condition.ts";
import { isRawNumber, type RawNumber } from "./raw-number.ts";
import { lookUp, type Scope, toText, unresolved } from "./resolve.ts";

/**
 * Is the condition true? `and` and `or` look at their right side only where it matters, so that
 * `exists($a.b) and $a.b > 1` is safe. Throws `invalid_input` for a reference without a value and for
 * what is neither true nor false: nothing is guessed from emptiness.
 */
export function evaluate(condition: Condition, scope: Scope): boolean {
  switch (condition.kind) {
    case "and":
      return evaluate(condition.left, scope) && evaluate(condition.right, scope);
    case "or":
      return evaluate(condition.left, scope) || evaluate(condition.right, scope);
    case "not":
      return !evaluate(condition.of, scope);
    default: {
      const value = valueFor(condition, scope);
      if (typeof value === "boolean") return value;
      throw bad(
        `${nameOf(condition)} is ${kindOf(value)}, not true or false; compare it, as != null`,
      );
    }
  }
}

function valueFor(condition: Condition, scope: Scope): JsonValue {
  switch (condition.kind) {
    case "value":
      return condition.value;
    case "reference": {
      const found = lookUp(condition.reference, scope);
      if (found.kind === "missing") throw unresolved(condition.reference, found.why);
      return found.value;
    }
    case "exists":
      return lookUp(condition.reference, scope).kind === "value";
    case "compare":
      return compare(condition.operator, {
        left: valueFor(condition.left, scope),
        right: valueFor(condition.right, scope),
      });
    default:
      return evaluate(condition, scope);
  }
}

function compare(operator: Operator, { left, right }: { left: JsonValue; right: JsonValue }) {
  if (operator === "==") return isEqual(left, right);
  if (operator === "!=") return !isEqual(left, right);
  const order = orderOf(left, right);
  if (order === undefined) {
    const kinds = `${kindOf(left)} and ${kindOf(right)}`;
    throw bad(`${operator} compares two numbers or two texts, not ${kinds}`);
  }
  if (operator === "<") return order < 0;
  if (operator === "<=") return order <= 0;
  return operator === ">" ? order > 0 : order >= 0;
}

function isEqual(left: JsonValue, right: JsonValue): boolean {
  const isNumeric = isNumber(left) && isNumber(right);
  return isNumeric ? orderOf(left, right) === 0 : isDeepStrictEqual(left, right);
}

/** Below, at, or above zero; undefined for what has no order. */
function orderOf(left: unknown, right: unknown): number | undefined {
  if (typeof left === "string" && typeof right === "string") return sign(left, right);
  if (!isNumber(left) || !isNumber(right)) return undefined;
  return sign(exact(left), exact(right));
}

function sign<T extends string | number | bigint>(left: T, right: T): number {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

/** Whole numbers of any length compare digit by digit; other numbers as doubles. */
function exact(value: number | RawNumber): number | bigint {
  const digits = typeof value === "number" ? String(value) : value.rawJSON;
  return /^-?\d+$/.test(digits) ? BigInt(digits) : Number(digits);
}

function isNumber(value: unknown): value is number | RawNumber {
  return typeof value === "number" || isRawNumber(value);
}

function kindOf(value: JsonValue): string {
  if (value === null) return "null";
  if (isNumber(value)) return "a number";
  if (typeof value === "string") return "text";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : "true or false";
}

function nameOf(condition: Condition): string {
  if (condition.kind === "reference") return condition.reference.text;
  return condition.kind === "value" ? toText(condition.value) : "The condition";
}

function bad(message: string): TrestleError {
  return new TrestleError("invalid_input", message);
}
