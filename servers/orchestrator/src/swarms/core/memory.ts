import { type JsonValue, TrestleError } from "@trestle/protocol";
import { BOUNDS } from "../bounds.ts";
import type { MemoryRecord } from "../model.ts";
import type { MemoryPut } from "../requests.ts";
import type { SwarmState } from "./state.ts";
import { refused, type Turn, tooMuch } from "./turn.ts";

/** Writes where nobody else did since, if the writer says since when; null takes away. */
export function memoryPut(
  turn: Turn,
  by: string,
  { key, value, ifVersion }: MemoryPut,
): MemoryRecord {
  const { memory } = turn.state.records;
  const before = memory.get(key);
  const version = before?.version ?? 0;
  if (ifVersion !== undefined && ifVersion !== version) throw conflictOf(key, version, ifVersion);
  checkValue(value);
  if (before === undefined && memory.size >= BOUNDS.memories) {
    throw tooMuch(
      "memories",
      `The swarm has ${BOUNDS.memories} keys`,
      "Put null to take some away",
    );
  }
  const record: MemoryRecord = { key, version: turn.next(), value, by, at: turn.at.wall };
  if (value === null) turn.remove("memory", key);
  else turn.put("memory", key, record);
  turn.tell({ kind: value === null ? "memory.removed" : "memory.put", agent: by, reason: key });
  return record;
}

export function checkValue(value: JsonValue): void {
  if (JSON.stringify(value).length <= BOUNDS.text) return;
  throw refused(
    "invalid_input",
    `A value has at most ${BOUNDS.text} characters of JSON; put more into a file`,
  );
}

export function conflictOf(key: string, version: number, wanted: number): TrestleError {
  return new TrestleError(
    "conflict",
    `"${key}" is at version ${version}, not ${wanted}: memory_get it, decide again, and put with its version`,
    { details: { key, version } },
  );
}

export function memoryGet({ records }: SwarmState, key: string): MemoryRecord {
  const kept = records.memory.get(key);
  if (kept !== undefined) return kept;
  throw nothingKept(key);
}

export function nothingKept(key: string): TrestleError {
  return new TrestleError("not_found", `Nothing is kept as "${key}"; memory_search finds what is`);
}

export interface MemorySearch {
  readonly query: string;
  readonly prefix?: string;
  readonly limit: number;
}

export function memorySearch({ records }: SwarmState, asked: MemorySearch): MemoryRecord[] {
  return found(records.memory.values(), asked);
}

/** Keys and values with all words of the query, those with more of them in the key first, then the newest. */
export function found(
  records: Iterable<MemoryRecord>,
  { query, prefix = "", limit }: MemorySearch,
): MemoryRecord[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting: { readonly record: MemoryRecord; readonly inKey: number }[] = [];
  for (const record of records) {
    if (!record.key.startsWith(prefix)) continue;
    const key = record.key.toLowerCase();
    const inKey = words.filter((word) => key.includes(word)).length;
    const isThere =
      inKey === words.length || holdsAll(`${key} ${JSON.stringify(record.value)}`, words);
    if (isThere) fitting.push({ record, inKey });
  }
  fitting.sort((a, b) => b.inKey - a.inKey || b.record.version - a.record.version);
  return fitting.slice(0, limit).map(({ record }) => record);
}

function holdsAll(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}
