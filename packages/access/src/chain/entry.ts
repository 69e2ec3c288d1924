import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "@trestle/protocol";

/** One entry of a chained log, as it stands in its line. */
export interface ChainEntry {
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The hash of the entry before. */
  readonly previous: string;
  readonly entry: JsonObject;
  readonly hash: string;
}

/** SHA-256 in hex; with a key HMAC-SHA256, which nobody without the key can recompute. */
export type ChainHash = (text: string) => string;

/** What the first entry names as the one before. */
export const GENESIS = "0".repeat(64);

const TAIL_START = ',"hash":"';
const TAIL_LENGTH = TAIL_START.length + 64 + '"}'.length;

export function createChainHash(key: Buffer | undefined): ChainHash {
  return (text) =>
    (key ? createHmac("sha256", key) : createHash("sha256")).update(text).digest("hex");
}

/** What comes before the entry itself in its line. */
export type EntryPlace = Pick<ChainEntry, "seq" | "time" | "previous">;

/** The line without its end of line, and its hash, which covers every byte before its own field. */
export function toLine(
  { seq, time, previous }: EntryPlace,
  entry: string,
  hash: ChainHash,
): { line: string; hash: string } {
  const body = `${JSON.stringify({ seq, time, previous }).slice(0, -1)},"entry":${entry}`;
  const own = hash(body);
  return { line: `${body}${TAIL_START}${own}"}`, hash: own };
}

/** Undefined where the line is not what was written: its hash does not fit or it has no such form. */
export function readLine(line: string, hash: ChainHash): ChainEntry | undefined {
  const body = line.slice(0, -TAIL_LENGTH);
  if (!isSame(line.slice(-TAIL_LENGTH), `${TAIL_START}${hash(body)}"}`)) return undefined;
  const value = parseObject(line);
  return isJsonObject(value?.entry) ? (value as unknown as ChainEntry) : undefined;
}

export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: JsonValue = parseJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
