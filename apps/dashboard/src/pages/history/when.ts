import type { Choice } from "../../ui/field.tsx";

/** When calls began: a span that ends now, or between two times as a browser's field writes them. */
export interface When {
  readonly span?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export const BETWEEN = "between";

const MINUTE = 60_000;
const SPANS: readonly (readonly [name: string, label: string, milliseconds: number])[] = [
  ["15m", "Last 15 minutes", 15 * MINUTE],
  ["1h", "Last hour", 60 * MINUTE],
  ["24h", "Last 24 hours", 24 * 60 * MINUTE],
  ["7d", "Last 7 days", 7 * 24 * 60 * MINUTE],
];

export const WHEN_CHOICES: readonly Choice[] = [
  { value: "", label: "Any time" },
  ...SPANS.map(([value, label]) => ({ value, label })),
  { value: BETWEEN, label: "Between…" },
];

/** The first and the last millisecond, as the API takes them; what is no time limits nothing. */
export function timesOf(
  { span, from, to }: When,
  now: number,
): { readonly from?: number; readonly to?: number } {
  if (span === BETWEEN) {
    // A field tells minutes: the last of them is meant whole.
    return { ...time("from", from), ...time("to", to, MINUTE - 1) };
  }
  const length = SPANS.find(([name]) => name === span)?.[2];
  return length === undefined ? {} : { from: now - length };
}

/** Whether a call that began then is meant. */
export function isWithin(startedAt: string, when: When, now: number): boolean {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = timesOf(when, now);
  const began = Date.parse(startedAt);
  return from <= began && began <= to;
}

/** Written without a zone: the browser's own. */
function time(name: "from" | "to", text = "", more = 0): Partial<Record<typeof name, number>> {
  const read = Date.parse(text);
  return Number.isNaN(read) ? {} : { [name]: read + more };
}
