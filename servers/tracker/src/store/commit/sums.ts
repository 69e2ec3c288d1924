import type { EditFact, ErrorFact, Facts, RunFact, UsageFact } from "../../model/facts.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Errors are counted by spans of this: windows of correlations are made of them. */
export const SPAN_MS = 300_000;

/** What is added to the counted tables; the key of each row is its first fields. */
export interface Sums {
  /** Group, project, start of the span in milliseconds, count. */
  readonly errors: readonly ErrorSum[];
  readonly runs: readonly RunSum[];
  readonly edits: readonly EditSum[];
  readonly usage: readonly UsageRow[];
}

export interface ErrorSum {
  readonly group: string;
  readonly project: string;
  readonly span: number;
  count: number;
}

export interface RunSum {
  readonly command: string;
  readonly project: string;
  readonly day: number;
  readonly test: boolean;
  ok: number;
  failed: number;
}

export interface EditSum {
  readonly path: string;
  readonly project: string;
  readonly day: number;
  count: number;
}

export interface UsageRow {
  readonly hour: number;
  readonly sessionId: string;
  readonly project: string;
  readonly model: string;
  responses: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  cacheWriteHourTokens: number;
}

export const TOKENS = [
  "inputTokens",
  "outputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "cacheWriteHourTokens",
] as const;

export interface UsagePlan {
  /** The last fact of each response that changed. */
  readonly responses: ReadonlyMap<string, UsageFact>;
  readonly rows: readonly UsageRow[];
}

export function sumFacts(facts: Pick<Facts, "errors" | "runs" | "edits">): Omit<Sums, "usage"> {
  return {
    errors: sumErrors(facts.errors),
    runs: sumRuns(facts.runs),
    edits: sumEdits(facts.edits),
  };
}

/** A response that is told again takes its earlier tokens back. */
export function sumUsage(
  facts: readonly UsageFact[],
  known: ReadonlyMap<string, UsageFact>,
): UsagePlan {
  const responses = new Map<string, UsageFact>();
  const rows = new Map<string, UsageRow>();
  for (const fact of facts) {
    const before = responses.get(fact.responseId) ?? known.get(fact.responseId);
    if (before && before.at > fact.at) continue;
    if (before) addUsage(rows, before, -1);
    addUsage(rows, fact, 1);
    responses.set(fact.responseId, fact);
  }
  return { responses, rows: [...rows.values()] };
}

function addUsage(rows: Map<string, UsageRow>, fact: UsageFact, sign: 1 | -1): void {
  const { sessionId, project, model } = fact;
  const hour = floorTo(fact.at, HOUR_MS);
  const row = entryOf(rows, JSON.stringify([hour, sessionId, project, model]), () => ({
    ...{ hour, sessionId, project, model, responses: 0 },
    ...{ inputTokens: 0, outputTokens: 0 },
    ...{ cacheReadTokens: 0, cacheWriteTokens: 0, cacheWriteHourTokens: 0 },
  }));
  row.responses += sign;
  for (const name of TOKENS) row[name] += sign * fact[name];
}

function sumErrors(facts: readonly ErrorFact[]): ErrorSum[] {
  const sums = new Map<string, ErrorSum>();
  for (const { group, project, at } of facts) {
    const span = floorTo(at, SPAN_MS);
    const key = JSON.stringify([group, project, span]);
    entryOf(sums, key, () => ({ group, project, span, count: 0 })).count += 1;
  }
  return [...sums.values()];
}

function sumRuns(facts: readonly RunFact[]): RunSum[] {
  const sums = new Map<string, RunSum>();
  for (const { command, project, at, ok, test } of facts) {
    const day = floorTo(at, DAY_MS);
    const key = JSON.stringify([command, project, day]);
    const sum = entryOf(sums, key, () => ({ command, project, day, test, ok: 0, failed: 0 }));
    if (ok) sum.ok += 1;
    else sum.failed += 1;
  }
  return [...sums.values()];
}

function sumEdits(facts: readonly EditFact[]): EditSum[] {
  const sums = new Map<string, EditSum>();
  for (const { path, project, at } of facts) {
    const day = floorTo(at, DAY_MS);
    const key = JSON.stringify([path, project, day]);
    entryOf(sums, key, () => ({ path, project, day, count: 0 })).count += 1;
  }
  return [...sums.values()];
}

function entryOf<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

export const floorTo = (at: number, span: number): number => Math.floor(at / span) * span;
