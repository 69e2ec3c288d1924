/** A number of any length, exact: `digits / 10^scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const FORM = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?\s*$/i;

/** Reads what JSON and Postgres write as a number; undefined for anything else, NaN and infinities too. */
export function parseDecimal(value: unknown): Decimal | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const match = FORM.exec(String(value));
  const [, sign = "", whole = "", part = "", exponent = "0"] = match ?? [];
  if (!match || whole + part === "") return undefined;
  const digits = BigInt(`${sign === "-" ? "-" : ""}${whole}${part}`);
  const scale = part.length - Number(exponent);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { digits: rescale(a, scale) + rescale(b, scale), scale };
}

/** Below 0, 0 or above, as `a` is less than, equal to or more than `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const difference = rescale(a, scale) - rescale(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** To so many digits after the point; a half goes away from zero, as in Postgres' `numeric`. */
export function divideDecimal(value: Decimal, divisor: bigint, scale: number): Decimal {
  if (divisor === 0n) throw new RangeError("A decimal can not be divided by zero.");
  const most = Math.max(scale, value.scale);
  const dividend = rescale(value, most);
  const unit = divisor * 10n ** BigInt(most - scale);
  const doubled = (dividend < 0n ? -dividend : dividend) * 2n;
  const size = unit < 0n ? -unit : unit;
  const digits = (doubled + size) / (size * 2n);
  return { digits: dividend < 0n !== unit < 0n ? -digits : digits, scale };
}

/** `1234.50`. `trim`: zeros at the end are left out down to so many digits after the point. */
export function formatDecimal({ digits, scale }: Decimal, trim?: number): string {
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0");
  const whole = text.slice(0, text.length - scale);
  let part = text.slice(text.length - scale);
  while (trim !== undefined && part.length > trim && part.endsWith("0")) part = part.slice(0, -1);
  return `${digits < 0n ? "-" : ""}${whole}${part === "" ? "" : `.${part}`}`;
}

function rescale({ digits, scale }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - scale);
}
