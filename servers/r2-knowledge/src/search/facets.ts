import { CONTEXT, type Facts, SEVERITY, TYPE } from "./facts.ts";
import type { FacetCount } from "./query.ts";

const OWN_KEYS: Readonly<Record<string, string>> = {
  type: TYPE,
  severity: SEVERITY,
  context: CONTEXT,
};
const MOST_VALUES = 50;

/** Counts the values of some keys over the documents it is given. */
export function createFacets(keys: readonly string[], facts: Facts) {
  const counts = new Uint32Array(keys.length === 0 ? 0 : facts.facts.size);
  return {
    add(document: number): void {
      if (counts.length > 0) facts.count(document, counts);
    },
    /** The more frequent values first, at most 50 of each key. */
    result(): Record<string, FacetCount[]> {
      const found = Object.fromEntries(keys.map((key) => [key, [] as FacetCount[]]));
      const names = new Map(keys.map((key) => [OWN_KEYS[key] ?? key, key]));
      for (const [fact, count] of counts.entries()) {
        if (count === 0) continue;
        const { key, value } = facts.pair(fact);
        const name = names.get(key);
        if (name !== undefined) found[name]?.push({ value, count });
      }
      for (const list of Object.values(found)) {
        list.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)).splice(MOST_VALUES);
      }
      return found;
    },
  };
}
