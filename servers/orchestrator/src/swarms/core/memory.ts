import { TrestleError } from "@trestle/protocol";
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
  if (ifVersion !== undefined && ifVersion !== version) {
    throw new TrestleError(
      "conflict",
      `"${key}" is at version ${version}, not ${ifVersion}: memory_get it, decide again, and put with its version`,
      { details: { key, version } },
    );
  }
  if (JSON.stringify(value).length > BOUNDS.text) {
    throw refused(
      "invalid_input",
      `A value has at most ${BOUNDS.text} characters of JSON; put more into a file`,
    );
  }
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

export function memoryGet({ records }: SwarmState, key: string): MemoryRecord {
  const found = records.memory.get(key);
  if (found !== undefined) return found;
  throw new TrestleError("not_found", `Nothing is kept as "${key}"; memory_search finds what is`);
}

/** Keys and values with all words of the query, those with more of them in the key first, then the newest. */
export function memorySearch(
  { records }: SwarmState,
  {
    query,
    prefix = "",
    limit,
  }: { readonly query: string; readonly prefix?: string; readonly limit: number },
): MemoryRecord[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found: { readonly record: MemoryRecord; readonly inKey: number }[] = [];
  for (const record of records.memory.values()) {
    if (!record.key.startsWith(prefix)) continue;
    const key = record.key.toLowerCase();
    const inKey = words.filter((word) => key.includes(word)).length;
    const isThere =
      inKey === words.length || holdsAll(`${key} ${JSON.stringify(record.value)}`, words);
    if (isThere) found.push({ record, inKey });
  }
  found.sort((a, b) => b.inKey - a.inKey || b.record.version - a.record.version);
  return found.slice(0, limit).map(({ record }) => record);
}

function holdsAll(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}
