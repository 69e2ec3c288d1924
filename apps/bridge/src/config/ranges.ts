import { isInRange, parseRange } from "@trestle/access";

/** An address, or a range of them in CIDR form. */
export function isRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/** Whether an address is in one of the ranges; undefined where there are none to ask. */
export function toRanges(texts: readonly string[]): ((address: string) => boolean) | undefined {
  const ranges = texts.flatMap((text) => parseRange(text) ?? []);
  if (ranges.length === 0) return undefined;
  return (address) => ranges.some((range) => isInRange(range, address));
}
