import type { Documents } from "./documents.ts";
import { CONTEXT, type Facts, SEVERITY, TYPE } from "./facts.ts";
import type { SearchFilters } from "./query.ts";

export type Passes = (document: number) => boolean;

/** Whether a document is there and passes all filters. */
export function toPasses(filters: SearchFilters, documents: Documents): Passes {
  const { facts, times, confidences, isLive } = documents;
  const { types, severities, context, metadata = {}, since, until, minConfidence } = filters;
  const wanted = [
    ...(types === undefined ? [] : [anyOf(facts, TYPE, types)]),
    ...(severities === undefined ? [] : [anyOf(facts, SEVERITY, severities)]),
    ...(context === undefined ? [] : [contextsWith(facts, context)]),
    ...Object.entries(metadata).map(([key, value]) => anyOf(facts, key, [value].flat())),
  ];
  const [earliest, latest] = [since ?? -Infinity, until ?? Infinity];
  const excluded = new Set(filters.exclude?.map(documents.documentOf));
  if (Object.values(filters).every((filter) => filter === undefined)) return isLive;
  return (document) => {
    if (!isLive(document) || excluded.has(document)) return false;
    const time = times[document] ?? 0;
    if (time < earliest || time > latest) return false;
    // What is not a number is not less either.
    if (minConfidence !== undefined && !((confidences[document] ?? 0) >= minConfidence))
      return false;
    return wanted.every((any) => facts.hasAny(document, any));
  };
}

function anyOf(facts: Facts, key: string, values: readonly string[]): Set<number> {
  return new Set(values.map((value) => facts.find(key, value)).filter((fact) => fact >= 0));
}

function contextsWith(facts: Facts, part: string): Set<number> {
  const found = new Set<number>();
  const wanted = part.toLowerCase();
  for (let fact = 0; fact < facts.facts.size; fact += 1) {
    const { key, value } = facts.pair(fact);
    if (key === CONTEXT && value.toLowerCase().includes(wanted)) found.add(fact);
  }
  return found;
}
