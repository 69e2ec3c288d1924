import { DAY_MS, floorTo } from "../commit/sums.ts";
import type { TimeRange } from "../queries.ts";
import type { Connection } from "./connection.ts";
import type { FactKind, Keys } from "./keys.ts";

/** The counted fields of the days that a time touches. */
export async function readSums<Field extends readonly unknown[]>(
  redis: Connection,
  keys: Keys,
  kind: FactKind | "usage",
  { from, to }: TimeRange,
): Promise<{ field: Field; day: number; count: number }[]> {
  const first = from === undefined ? "-inf" : floorTo(from, DAY_MS);
  const days = await redis.ask<string[]>(
    "ZRANGEBYSCORE",
    keys.sumDays(kind),
    first,
    to === undefined ? "+inf" : `(${to}`,
  );
  const hashes = await redis.askAll<unknown>(
    days.map((day) => ["HGETALL", keys.sums(kind, Number(day))]),
  );
  return hashes.flatMap((hash, at) =>
    entriesOf(hash).map(([field, count]) => ({
      field: JSON.parse(field) as Field,
      day: Number(days[at]),
      count: Number(count),
    })),
  );
}

/** A list in RESP2, a map in RESP3. */
export function entriesOf(hash: unknown): [string, string][] {
  if (hash instanceof Map) return [...hash] as [string, string][];
  if (!Array.isArray(hash)) return Object.entries(hash as Record<string, string>);
  return Array.from({ length: hash.length / 2 }, (_, at) => [
    String(hash[2 * at]),
    String(hash[2 * at + 1]),
  ]);
}
