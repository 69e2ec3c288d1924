import { contextOf, facetsOf } from "./facts.ts";

export type RecordKind = "diagnosis" | "audit" | "pattern";

/** What rules may look at in a record: the same, whether it is read from the index or from its object. */
export interface RecordFacts {
  readonly kind: RecordKind;
  readonly id: string;
  readonly context: string | undefined;
  readonly severity: string | undefined;
  /** Plain values of the first level, as text. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Says whether somebody may know of a record. */
export interface Permits {
  (record: RecordFacts): boolean;
  /** Left out where it may look at all there is. */
  readonly looksAt?: LooksAt | undefined;
}

/** What decisions may tell records apart by, besides kind, context and severity. */
export interface LooksAt {
  /** Those that are named. */
  readonly ids: readonly string[] | "all";
  /** Keys, and whether there are `MOST_FACTS` of them. */
  readonly metadata: readonly string[];
}

/** Facts of a record's metadata that are looked at; there may be more of them than that. */
export const MOST_FACTS = 30;

export interface Seeing {
  /** What does not pass is as if it were not there: in hits, totals, facets and figures. */
  readonly permits?: Permits | undefined;
}

/** So much of a context is in the index, and so no rule looks at more. Characters. */
const CONTEXT_CHARACTERS = 200;

interface AnyRecord {
  readonly id?: string | undefined;
  readonly context?: unknown;
  readonly severity?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Of a record that has no id yet, the id is empty. */
export function recordFacts(kind: RecordKind, record: AnyRecord): RecordFacts {
  const { id = "", severity, metadata } = record;
  return {
    ...{ kind, id, severity: severity ?? undefined },
    context: contextOf(record)?.slice(0, CONTEXT_CHARACTERS),
    metadata: facetsOf(metadata as never),
  };
}
