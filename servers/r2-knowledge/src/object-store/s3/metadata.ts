import { Buffer } from "node:buffer";
import { ObjectStoreError } from "../object-store.ts";
import { MARK, type Mark, parseMark, wordMark } from "./lineage.ts";

const MOST_BYTES = 8_192;
const PLAIN = /^[\x21-\x24\x26-\x7e]([\x20-\x24\x26-\x7e]*[\x21-\x24\x26-\x7e])?$/;

/**
 * Metadata as headers carry it: what is no plain ASCII is written `%XX`, an empty value `%`.
 * @throws ObjectStoreError `too_large`
 */
export function wordMetadata(
  metadata: Readonly<Record<string, string>>,
  mark: Mark,
): Record<string, string> {
  const worded: Record<string, string> = { [MARK]: wordMark(mark) };
  for (const [name, value] of Object.entries(metadata)) {
    if (!/^[a-z0-9-]+$/.test(name) || name === MARK) {
      throw new RangeError(`Metadata cannot be named ${JSON.stringify(name)}.`);
    }
    worded[name] = wordValue(value);
  }
  const bytes = Object.entries(worded).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name + value),
    0,
  );
  if (bytes <= MOST_BYTES) return worded;
  throw new ObjectStoreError(
    "too_large",
    `The metadata has ${bytes} bytes as a bucket keeps it, and may have ${MOST_BYTES}. Shorten it.`,
  );
}

function wordValue(value: string): string {
  if (value === "") return "%";
  if (PLAIN.test(value) && !value.includes("  ")) return value;
  return encodeURIComponent(value.toWellFormed());
}

/** The metadata that was given, and the mark of the write; what others wrote stands as it is. */
export function readMetadata(worded: Readonly<Record<string, string>> = {}): {
  metadata: Record<string, string> | undefined;
  mark: Mark | undefined;
} {
  const mark = parseMark(worded[MARK]);
  const entries = Object.entries(worded).filter(([name]) => name !== MARK);
  const read = entries.map(([name, value]) => [name, mark ? readValue(value) : value] as const);
  return { metadata: read.length === 0 ? undefined : Object.fromEntries(read), mark };
}

function readValue(value: string): string {
  if (value === "%") return "";
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
