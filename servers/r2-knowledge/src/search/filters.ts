import type { LooksAt } from "../records/record-facts.ts";
import type { Documents } from "./documents.ts";
import { CONTEXT, type Facts, SEVERITY, TYPE } from "./facts.ts";
import type { HitFacts, SearchFilters } from "./query.ts";

/** Leaves those of the first `size` documents that pass, in their order, and says how many these are. */
type Filter = (found: Uint32Array, size: number) => number;

/**
 * What passes all filters. One filter after the other goes through all that is left: short loops that do one
 * thing are several times faster than one that asks every filter for each document.
 */
export function narrowed(
  filters: SearchFilters,
  documents: Documents,
  found: Uint32Array,
  size: number,
): number {
  return filtersOf(filters, documents).reduce((left, filter) => filter(found, left), size);
}

function filtersOf(filters: SearchFilters, documents: Documents): Filter[] {
  const { facts, times, confidences } = documents;
  const { types, severities, context, metadata = {}, since, until, minConfidence } = filters;
  const { exclude, permits, permitsBy } = filters;
  const [earliest, latest] = [since ?? -Infinity, until ?? Infinity];
  const isTimed = since !== undefined || until !== undefined;
  const excluded = new Set(exclude?.map(documents.documentOf));
  return [
    ...(isTimed ? [within(times, earliest, latest)] : []),
    ...(types ? [facts.filter(TYPE, known(facts, TYPE, types))] : []),
    ...(severities ? [facts.filter(SEVERITY, known(facts, SEVERITY, severities))] : []),
    ...(context === undefined ? [] : [facts.filter(CONTEXT, contextsWith(facts, context))]),
    ...Object.entries(metadata).map(([key, value]) =>
      facts.filter(key, known(facts, key, [value].flat())),
    ),
    // What has no confidence is not a number, and within nothing.
    ...(minConfidence === undefined ? [] : [within(confidences, minConfidence, Infinity)]),
    ...(exclude ? [where((document) => !excluded.has(document))] : []),
    ...(permits ? [where(decided(permits, permitsBy, documents))] : []),
  ];
}

function within(column: Float64Array, least: number, most: number): Filter {
  return (found, size) => {
    let left = 0;
    for (let at = 0; at < size; at += 1) {
      const document = found[at] as number;
      const value = column[document] as number;
      if (value >= least && value <= most) found[left++] = document;
    }
    return left;
  };
}

function where(passes: (document: number) => boolean): Filter {
  return (found, size) => {
    let left = 0;
    for (let at = 0; at < size; at += 1) {
      const document = found[at] as number;
      if (passes(document)) found[left++] = document;
    }
    return left;
  };
}

/** Asks once for all documents that are alike in what the answer depends on. */
function decided(
  permits: (facts: HitFacts) => boolean,
  looksAt: LooksAt | undefined,
  documents: Documents,
): (document: number) => boolean {
  const ask = (document: number) => permits(factsOf(document, documents));
  if (looksAt === undefined || looksAt.ids === "all") return ask;
  const named = new Set(looksAt.ids.map(documents.documentOf));
  const likenessOf = documents.facts.likeness(looksAt.metadata);
  const known: boolean[] = [];
  return (document) => {
    const likeness = likenessOf(document);
    if (likeness < 0 || (named.size > 0 && named.has(document))) return ask(document);
    const passes = known[likeness] ?? ask(document);
    known[likeness] = passes;
    return passes;
  };
}

function factsOf(document: number, documents: Documents): HitFacts {
  const { facts } = documents;
  const metadata = Object.entries(facts.metadataOf(document)).filter(([key]) => !isOurs(key));
  return {
    id: documents.idOf(document),
    context: facts.ownOf(document, CONTEXT),
    severity: facts.ownOf(document, SEVERITY),
    metadata: Object.fromEntries(metadata),
  };
}

/** No caller's key begins or ends so. */
const isOurs = (key: string): boolean => key.startsWith("\0") || key.endsWith(":");

function known(facts: Facts, key: string, values: readonly string[]): number[] {
  return values.map((value) => facts.find(key, value)).filter((fact) => fact >= 0);
}

function contextsWith(facts: Facts, part: string): number[] {
  const wanted = part.toLowerCase();
  return facts.contexts().filter((fact) => facts.pair(fact).value.toLowerCase().includes(wanted));
}
