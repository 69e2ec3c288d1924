import type { JsonValue } from "@trestle/protocol";
import { invalid, type TypeShape } from "./shape.ts";

type Scalar = string | number | boolean;

/** Digits of a whole number of so many bits. Throws `invalid_input` beyond its range. */
export function toWholeNumber(value: Scalar, bits: number, field: string): string {
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw invalid(field, `${value} is beyond 2^53 and would be rounded: give it as text.`);
  const text = String(value).trim();
  if (typeof value === "boolean" || !/^[+-]?\d{1,30}(?:\.0{1,30})?$/.test(text))
    throw invalid(field, `${short(value)} is no whole number.`);
  const whole = BigInt(text.replace(/\..*/, "").replace(/^\+/, ""));
  if (BigInt.asIntN(bits, whole) === whole) return whole.toString();
  throw invalid(field, `${short(value)} is out of range: at most ${2n ** BigInt(bits - 1) - 1n}.`);
}

const NUMBER = /^\s*[+-]?(?:(\d+)\.?\d*|\.\d+)(?:e[+-]?\d{1,5})?\s*$/i;
const NOT_FINITE = /^\s*(?:nan|[+-]?inf(?:inity)?)\s*$/i;

/** A number of any kind as text. What a `numeric(p, s)` can not hold is told here, as Postgres would not say where. */
export function checkNumber(value: Scalar, column: TypeShape & { type: string }, field: string) {
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && column.base === "numeric")
    throw invalid(field, `${value} is beyond 2^53 and would be rounded: give it as text.`);
  const text = String(value);
  const match = NUMBER.exec(text);
  if (typeof value === "boolean" || (!match && !NOT_FINITE.test(text)))
    throw invalid(field, `${short(value)} is no number.`);
  const room = wholeDigits(column);
  const digits = match?.[1]?.replace(/^0+/, "").length ?? 0;
  if (room !== undefined && digits > room && !/e/i.test(text))
    throw invalid(field, `${short(value)} is too large for ${column.type}.`);
  return text;
}

/** How many digits a `numeric(p, s)` has before its point. */
function wholeDigits({ base, modifier }: TypeShape): number | undefined {
  if (base !== "numeric" || modifier < 4) return undefined;
  const precision = ((modifier - 4) >> 16) & 0xffff;
  // Eleven bits with a sign, since scales may be negative.
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  return precision - scale;
}

function short(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60).toWellFormed()}…` : text;
}
