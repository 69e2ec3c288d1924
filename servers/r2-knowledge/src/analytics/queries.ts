import * as z from "zod";

const count = z.int().min(0);

/** What was asked, and what came of it. */
export const queryCounts = z.object({
  kind: z.enum(["words", "error"]),
  /** As it was asked, in small letters, without secrets; an error without its ids and numbers. */
  text: z.string(),
  count,
  /** Found nothing. */
  empty: count,
  /** A diagnosis that it showed was opened. */
  opened: count,
  /** A fix that it showed was tried. */
  worked: count,
  failed: count,
});
export type QueryCounts = z.output<typeof queryCounts>;
export type QueryKind = QueryCounts["kind"];

const NUMBERS = ["count", "empty", "opened", "worked", "failed"] as const;

export const queryKey = ({ kind, text }: Pick<QueryCounts, "kind" | "text">) => `${kind}\n${text}`;

/** The same queries of several lists as one, the most frequent first. */
export function sumQueries(queries: Iterable<QueryCounts>): QueryCounts[] {
  const sums = new Map<string, QueryCounts>();
  for (const query of queries) {
    const known = sums.get(queryKey(query));
    if (known === undefined) sums.set(queryKey(query), { ...query });
    else for (const name of NUMBERS) known[name] += query[name];
  }
  return [...sums.values()].toSorted((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1));
}
