import type { Connection } from "./connection.ts";

/** Values of a hash as JSON, those that are there, by field. */
export async function readFields<Value>(
  redis: Connection,
  key: string,
  fields: readonly (string | number)[],
): Promise<Map<string, Value>> {
  const names = [...new Set(fields.map(String))];
  if (names.length === 0) return new Map();
  const values = await redis.ask<(string | null)[]>("HMGET", key, ...names);
  const found = new Map<string, Value>();
  for (const [at, name] of names.entries()) {
    const value = values[at];
    if (value != null) found.set(name, JSON.parse(value) as Value);
  }
  return found;
}

export async function readAll<Value>(redis: Connection, key: string): Promise<Value[]> {
  const values = await redis.ask<string[]>("HVALS", key);
  return values.map((value) => JSON.parse(value) as Value);
}

/** Of a sorted set, between two scores of which `to` is not within; `newest` from the end. */
export interface ScoreRange {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  readonly newest: boolean;
  readonly limit: number;
}

export async function readMembers(
  redis: Connection,
  { key, from, to, newest, limit }: ScoreRange,
): Promise<string[]> {
  const [min, max] = [String(from), `(${to}`];
  return newest
    ? redis.ask("ZREVRANGEBYSCORE", key, max, min, "LIMIT", 0, limit)
    : redis.ask("ZRANGEBYSCORE", key, min, max, "LIMIT", 0, limit);
}
