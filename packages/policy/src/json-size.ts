import type { JsonValue } from "@trestle/protocol";

/** Counting stops here: a value of more parts would take longer to measure than its size is worth. */
const MOST_PARTS = 200;

interface Count {
  parts: number;
  size: number;
}

/**
 * About how many bytes the JSON of a value takes: a byte a character, escapes not counted. Undefined
 * where it has more than 200 parts. A long text is one part, so a large result is measured at once.
 */
export function jsonSize(value: JsonValue | undefined): number | undefined {
  const count: Count = { parts: 0, size: 0 };
  if (value !== undefined) add(value, count);
  return count.parts > MOST_PARTS ? undefined : count.size;
}

function add(value: JsonValue, count: Count): void {
  count.parts += 1;
  if (count.parts > MOST_PARTS) return;
  if (typeof value === "string") count.size += value.length + 2;
  else if (typeof value === "number") count.size += digits(value);
  else if (typeof value !== "object" || value === null) count.size += value === false ? 5 : 4;
  else if (Array.isArray(value)) {
    count.size += Math.max(2, value.length + 1);
    for (const item of value) add(item, count);
  } else {
    const before = count.size;
    for (const key in value) {
      const item = value[key];
      if (item === undefined) continue;
      // Two quotes, a colon, and the comma or the brace before it.
      count.size += key.length + 4;
      add(item, count);
    }
    count.size += count.size === before ? 2 : 1;
  }
}

function digits(value: number): number {
  if (Number.isInteger(value) && value >= 0 && value < 10) return 1;
  return String(value).length;
}
