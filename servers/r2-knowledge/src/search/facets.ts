import { CONTEXT, type Facts, SEVERITY, TYPE } from "./facts.ts";
import type { FacetCount } from "./query.ts";

const OWN_KEYS: Readonly<Record<string, string>> = {
  type: TYPE,
  severity: SEVERITY,
  context: CONTEXT,
};
const MOST_VALUES = 50;

/** How many of the first `size` documents have which values of some keys: the more frequent first, at most 50 of each. */
export function countFacets(
  keys: readonly string[],
  facts: Facts,
  found: Uint32Array,
  size: number,
): Record<string, FacetCount[]> {
  const counted = Object.fromEntries(keys.map((key) => [key, [] as FacetCount[]]));
  if (keys.length === 0) return counted;
  const counts = new Uint32Array(facts.facts.size);
  const names = new Map(keys.map((key) => [OWN_KEYS[key] ?? key, key]));
  const [own, others] = [...names.keys()].reduce(
    ([ours, theirs], key) =>
      key.startsWith("\0") ? [[...ours, key], theirs] : [ours, [...theirs, key]],
    [[], []] as [string[], string[]],
  );
  // One of them counts all that is metadata.
  for (const key of [...own, ...others.slice(0, 1)]) facts.count(key, found, size, counts);
  for (let fact = 0; fact < counts.length; fact += 1) {
    const count = counts[fact] as number;
    if (count === 0) continue;
    const { key, value } = facts.pair(fact);
    const name = names.get(key);
    if (name !== undefined) counted[name]?.push({ value, count });
  }
  for (const list of Object.values(counted)) {
    list.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)).splice(MOST_VALUES);
  }
  return counted;
}
