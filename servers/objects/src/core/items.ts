import type { JsonValue } from "@trestle/protocol";
import type { ListRange, ObjectStorage, ReadContext } from "../object-class.ts";
import { ObjectError } from "../object-error.ts";
import type { Limits } from "../protocol.ts";
import { boundedText, bytesOf, parseText } from "./json-text.ts";
import type { SqlPort } from "./sql-port.ts";

const KEY_BYTES = 512;
/** Behind every character that a key may have. */
const LAST_CHARACTER = "\u{10ffff}";

export type ReadStorage = ReadContext["storage"];

/** The rows of one object; there are none before the object has a key. */
export function createReadStorage(sql: SqlPort, object: number): ReadStorage {
  return {
    get: (key) => readItem(sql, object, key)?.value,
    list: (range) => listItems(sql, object, range ?? {}),
  };
}

function readItem(
  sql: SqlPort,
  object: number,
  key: string,
): { text: string; value: JsonValue } | undefined {
  const [row] = sql.run("SELECT value FROM item WHERE object = ? AND name = ?", object, key);
  if (row === undefined) return undefined;
  const text = String(row.value);
  return { text, value: parseText(text) };
}

function listItems(
  sql: SqlPort,
  object: number,
  { prefix = "", start = "", limit }: ListRange,
): readonly (readonly [string, JsonValue])[] {
  const rows = sql.run(
    `SELECT name, value FROM item WHERE object = ? AND name >= ? AND name >= ? AND name < ?
     ORDER BY name LIMIT ?`,
    object,
    prefix,
    start,
    `${prefix}${LAST_CHARACTER}`,
    limit ?? -1,
  );
  return rows.map(({ name, value }) => [String(name), parseText(value)] as const);
}

export interface TurnStorage extends ObjectStorage {
  /** Is anything in it another than before the turn? */
  isChanged(): boolean;
  bytes(): number;
}

export interface TurnStorageParts {
  readonly sql: SqlPort;
  readonly object: number;
  readonly bytes: number;
  readonly limits: Limits;
}

/** Writes at once, within the transaction of the turn, and counts what there is. */
export function createTurnStorage({
  sql,
  object,
  limits,
  ...parts
}: TurnStorageParts): TurnStorage {
  let { bytes } = parts;
  let changed = false;

  function put(key: string, value: JsonValue): void {
    const keyBytes = checkedKey(key);
    const text = boundedText(value, `The value of ${JSON.stringify(key)}`, limits.valueBytes);
    const old = readItem(sql, object, key);
    if (old?.text === text) return;
    bytes += bytesOf(text) - (old === undefined ? -keyBytes : bytesOf(old.text));
    if (bytes > limits.objectBytes) throw full(bytes, limits.objectBytes);
    sql.run(
      "INSERT INTO item (object, name, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      object,
      key,
      text,
    );
    changed = true;
  }

  function remove(key: string): boolean {
    const old = readItem(sql, object, key);
    if (old === undefined) return false;
    sql.run("DELETE FROM item WHERE object = ? AND name = ?", object, key);
    bytes -= bytesOf(old.text) + bytesOf(key);
    changed = true;
    return true;
  }

  return {
    ...createReadStorage(sql, object),
    put,
    delete: remove,
    isChanged: () => changed,
    bytes: () => bytes,
  };
}

function checkedKey(key: string): number {
  const bytes = bytesOf(key);
  if (key === "" || bytes > KEY_BYTES) {
    throw new ObjectError(
      "invalid_input",
      `A key needs 1 to ${KEY_BYTES} bytes; this one has ${bytes}.`,
    );
  }
  return bytes;
}

function full(bytes: number, most: number): ObjectError {
  return new ObjectError(
    "too_large",
    `The object would have ${bytes} bytes, and at most ${most} are kept. Delete some of it, or use several objects.`,
    { bytes, most },
  );
}
