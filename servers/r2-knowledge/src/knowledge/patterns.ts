import { TrestleError } from "@trestle/protocol";
import { type CallOptions, ObjectStoreError } from "../object-store/object-store.ts";
import { versionOf } from "../records/facts.ts";
import {
  matchesPattern,
  type Pattern,
  type PatternInput,
  patternRecord,
} from "../records/pattern.ts";
import { type RecordFacts, recordFacts } from "../records/record-facts.ts";
import { eachAtMost } from "./each-at-most.ts";
import type { PatternOptions, Patterns } from "./knowledge-store.ts";
import type { Checking, Parts } from "./parts.ts";
import { createRecordFolder } from "./record-folder.ts";
import { type Row, rowFacts, toSummary } from "./rows.ts";

/** Errors of one kind that were stored again and again. */
export interface LearnedPattern {
  readonly fingerprint: string;
  readonly name: string;
  readonly message: string;
  /** How many diagnoses there are of it, and how often it was met. */
  readonly diagnoses: number;
  readonly occurrences: number;
  readonly contexts: readonly string[];
  /** Milliseconds since 1970. */
  readonly lastSeen: number;
  /** The diagnosis whose fix has the best odds, and these. */
  readonly best: { readonly id: string; readonly confidence: number } | undefined;
}

/** More are no help to anybody, and each is an object to read. */
const MOST_PATTERNS = 1_000;

/** Names a kind of error; under a name that is known, what it says is replaced. */
export async function definePattern(
  { store, clock, redact, changed }: Parts,
  given: PatternInput,
  { check, ...options }: CallOptions & Checking<Pattern> = {},
): Promise<Pattern> {
  const folder = createRecordFolder(store, "patterns", patternRecord);
  const found = await folder.get(given.id, options);
  const pattern: Pattern = {
    ...redact(given),
    timestamp: new Date(clock.now()).toISOString(),
    version: found === undefined ? 1 : versionOf(found.record) + 1,
  };
  check?.(found?.record, pattern);
  try {
    if (found === undefined) await folder.create(pattern, options);
    else await folder.replace(pattern, found.etag, options);
  } catch (error) {
    if (!(error instanceof ObjectStoreError) || error.code !== "precondition_failed") throw error;
    throw new TrestleError(
      "conflict",
      `The pattern ${given.id} was defined by somebody else at the same time. Nothing was written: see list_patterns, then define it again.`,
    );
  }
  changed({ kind: "pattern", id: given.id });
  return pattern;
}

/** The patterns that were named, and those that show of themselves. */
export async function listPatterns(
  parts: Parts,
  { since = 0, limit = 20, permits = () => true, signal }: PatternOptions,
): Promise<Patterns> {
  await parts.indexes.refresh({ signal });
  const rows = [...parts.indexes.diagnoses.rows.all()].filter(
    (row) => row.at >= since && permits(rowFacts(row)),
  );
  const read = await readPatterns(parts, signal);
  const defined = read.filter((pattern) => permits(patternFacts(pattern)));
  return {
    defined: defined.map((pattern) => ({
      ...pattern,
      matching: rows.filter((row) => matchesPattern(pattern, row)).length,
    })),
    learned: learnedFrom(parts, rows).slice(0, limit),
  };
}

/** A pattern belongs to the context that it asks for. */
export function patternFacts({ id, match, severity }: Pattern | PatternInput): RecordFacts {
  return recordFacts("pattern", { id, context: match.context, severity });
}

async function readPatterns({ store, log }: Parts, signal: AbortSignal | undefined) {
  const folder = createRecordFolder(store, "patterns", patternRecord);
  const ids: string[] = [];
  for await (const { id } of folder.ids({ signal })) {
    ids.push(id);
    if (ids.length === MOST_PATTERNS) break;
  }
  const read = await eachAtMost(8, ids, (id) =>
    folder.get(id, { signal }).catch((error: unknown) => {
      log.warn("pattern not read", { id, error });
      return undefined;
    }),
  );
  return read.flatMap((found) => (found === undefined ? [] : [found.record]));
}

/** What was stored more than once, or met more than once. */
function learnedFrom(parts: Parts, rows: readonly Row[]): LearnedPattern[] {
  const groups = Map.groupBy(rows, ({ fingerprint, id }) => fingerprint ?? id);
  return [...groups.values()]
    .map((group) => toLearned(parts, group))
    .filter(({ occurrences }) => occurrences > 1)
    .toSorted((a, b) => b.occurrences - a.occurrences || b.lastSeen - a.lastSeen);
}

function toLearned(parts: Parts, group: readonly Row[]): LearnedPattern {
  const summaries = group.map((row) => toSummary(parts, row));
  const tallies = group.map(({ id }) => parts.tallies.of(id));
  const best = summaries
    .filter(({ fix }) => fix !== undefined)
    .toSorted((a, b) => b.confidence.value - a.confidence.value)[0];
  const [first] = summaries;
  return {
    fingerprint: group[0]?.fingerprint ?? "",
    name: first?.name ?? "",
    message: first?.message ?? "",
    diagnoses: group.length,
    occurrences: tallies.reduce((sum, { seen }) => sum + 1 + seen, 0),
    contexts: [...new Set(group.flatMap(({ context }) => context ?? []))].slice(0, 10),
    lastSeen: Math.max(...group.map(({ at }) => at), ...tallies.map(({ lastSeen }) => lastSeen)),
    best: best && { id: best.id, confidence: best.confidence.value },
  };
}
