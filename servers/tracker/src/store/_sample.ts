import type { Facts } from "../model/facts.ts";
import type { Part, TrackedRecord } from "../model/record.ts";
import { NO_FACTS } from "./commit/plan.ts";
import type { Batch } from "./tracker-store.ts";

/** Noon of a day in autumn. */
export const NOON = Date.UTC(2026, 9, 5, 12);

export function recordOf(
  id: string,
  fields: Partial<TrackedRecord> & { text?: string } = {},
): TrackedRecord {
  const { text = `line ${id}`, ...rest } = fields;
  const parts: Part[] = [{ kind: "reply", text }];
  return {
    id,
    sessionId: "claude-code:one",
    at: NOON,
    type: "assistant",
    origin: { source: "claude", path: "/logs/one.jsonl", offset: 0 },
    parts,
    ...rest,
  };
}

export function batchOf(records: readonly TrackedRecord[], fields: Partial<Batch> = {}): Batch {
  return {
    records,
    facts: NO_FACTS,
    memories: new Map(),
    sessions: new Map([["claude-code:one", { project: "shop", agent: "claude-code" as const }]]),
    skipped: new Map(),
    ...fields,
  };
}

/** Fields that all facts of a record share. */
export function factOf({ id, sessionId, at }: TrackedRecord, n = 0) {
  return { id: `${id}#${n}`, recordId: id, sessionId, project: "shop", at };
}

export const factsOf = (facts: Partial<Facts>): Facts => ({ ...NO_FACTS, ...facts });
