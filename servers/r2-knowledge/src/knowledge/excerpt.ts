import type { Highlight } from "../search/highlights.ts";
import type { SearchHit } from "../search/query.ts";

/** Characters before the first word that was found, and in all. */
const BEFORE = 40;
const LENGTH = 160;

/** The part of a text where words were found, these between `**`: `fix: raise the **pool** size`. */
export function excerptOf(hit: SearchHit, { field, ranges }: Highlight): string {
  const text = hit[field];
  const start = Math.max(0, (ranges[0]?.[0] ?? 0) - BEFORE);
  const end = Math.min(text.length, start + LENGTH);
  let marked = start > 0 ? "…" : "";
  let at = start;
  for (const [from, to] of ranges.filter((range) => range[1] <= end)) {
    marked += `${text.slice(at, from)}**${text.slice(from, to)}**`;
    at = to;
  }
  marked += text.slice(at, end);
  return `${field}: ${marked}${end < text.length ? "…" : ""}`.replace(/\s+/g, " ");
}
