import { timingSafeEqual } from "node:crypto";
import { type Clock, systemClock, TrestleError } from "@trestle/protocol";
import { type Migration, openQuietSqlite, type Row, type SqlParams } from "@trestle/store";
import { createApiKey, parseApiKey } from "./api-key.ts";
import {
  checkNewKey,
  invalid,
  judge,
  type KeyRecord,
  type KeyVerdict,
  type NewKey,
  toRecord,
} from "./key-record.ts";
import { isSameKey, type StoredKey, toMerge, toStoredKey } from "./key-rows.ts";

/** A key's text, and what is known of it from now on. */
export interface ShownKey {
  readonly text: string;
  readonly record: KeyRecord;
}

export interface KeyStore {
  /** The text of the key is returned here and never again: only its hash is kept. */
  create(key: NewKey): Promise<ShownKey>;
  /**
   * Gives the key a new secret. Its id stays, and with it all that was done in its name; the secret before is
   * good for `overlapMs` more, those before that not any more. Throws `not_found`, and `conflict` for a key
   * that is revoked or expired.
   */
  rotate(id: string, overlapMs: number): Promise<ShownKey>;
  /** Looks the key up in the file at each call, so that a revocation anywhere counts at once. */
  verify(text: string): KeyVerdict;
  /** The same of a key by its id, for those who presented it earlier. */
  find(id: string): KeyVerdict;
  /** Was never a key made? Revoked and expired ones count: a door that was locked stays locked. */
  isEmpty(): boolean;
  /**
   * Another number after every change, by whatever process: what was learned of a key holds as long as
   * this is the same. Ours are seen at once, those of other processes within ten milliseconds.
   */
  version(): string;
  /** Newest first, revoked ones included. */
  list(): KeyRecord[];
  /** Throws `not_found`. A key revoked before stays so, with its first time. */
  revoke(id: string): Promise<KeyRecord>;
  /** All that is kept, for other homes that share the keys. */
  stored(): readonly StoredKey[];
  /** Takes what another home keeps: a key that is revoked on either side is revoked here. */
  merge(keys: readonly StoredKey[]): Promise<void>;
  close(): Promise<void>;
}

const migrations: readonly Migration[] = [
  {
    name: "keys",
    sql: `CREATE TABLE api_key (
      id TEXT PRIMARY KEY, name TEXT NOT NULL, hash BLOB NOT NULL, scopes TEXT,
      created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER
    ) STRICT`,
  },
  {
    name: "keys: rotation, limit and profile",
    sql: `
      ALTER TABLE api_key ADD COLUMN call_limit TEXT;
      ALTER TABLE api_key ADD COLUMN profile TEXT;
      ALTER TABLE api_key ADD COLUMN rotated_at INTEGER;
      ALTER TABLE api_key ADD COLUMN overlap_hash BLOB;
      ALTER TABLE api_key ADD COLUMN overlap_until INTEGER;
    `,
  },
];

/** The newest schema of the file: how many migrations it has seen. */
export const KEY_STORE_SCHEMA = migrations.length;

const NO_HASH = Buffer.alloc(32);
/** How late a change by another process may be seen: every request asks, and looking takes a system call. */
const LOOK_EVERY_MS = 10;

/** Opens the API keys of a home. Several processes may have the file open; no power loss loses a key. */
export async function openKeyStore({
  file,
  clock = systemClock,
}: {
  readonly file: string;
  readonly clock?: Clock;
}): Promise<KeyStore> {
  const sqlite = await openQuietSqlite({ file, migrations, durability: "full", clock });
  const find = (id: string) => sqlite.read("SELECT * FROM api_key WHERE id = ?", [id])[0];
  let ownChanges = 0;
  let lookedAt: number | undefined;
  let version = "";

  function look(): string {
    const now = clock.now();
    if (lookedAt !== undefined && now >= lookedAt && now - lookedAt < LOOK_EVERY_MS) return version;
    lookedAt = now;
    version = `${sqlite.read("PRAGMA data_version")[0]?.data_version}.${ownChanges}`;
    return version;
  }

  async function change(sql: string, params: SqlParams): Promise<Row | undefined> {
    try {
      return (await sqlite.write([{ sql, params }]))[0]?.rows[0];
    } finally {
      noteChange();
    }
  }

  /** Where the writer crashed, too: the change may stand in the file. */
  function noteChange(): void {
    ownChanges += 1;
    lookedAt = undefined;
  }

  function storedKey(id: string): StoredKey | undefined {
    const row = find(id);
    return row && toStoredKey(row);
  }

  return {
    async create(key) {
      checkNewKey(key, clock.now());
      const { name, scopes, limit, profile = null, expiresAt = null } = key;
      const { id, text, hash } = createApiKey();
      const texts = [toText(scopes), toText(limit), profile];
      const params = [id, name, hash, ...texts, clock.now(), expiresAt];
      return { text, record: toRecord((await change(INSERT, params)) ?? {}) };
    },
    async rotate(id, overlapMs) {
      if (!(Number.isSafeInteger(overlapMs) && overlapMs >= 0)) {
        throw invalid("overlapMs must be milliseconds, zero or more.");
      }
      const { text, hash } = createApiKey(id);
      const now = clock.now();
      const row = await change(ROTATE, [now + overlapMs, hash, now, id, now]);
      if (row) return { text, record: toRecord(row) };
      const found = find(id);
      throw found ? notRotated(toRecord(found)) : unknownKey(id);
    },
    verify(text) {
      const key = parseApiKey(text);
      const row = key && find(key.id);
      // Both are compared for an unknown id too, so that all take the same way.
      const isSame = isHash(key?.hash, row?.hash);
      const isOverlap = isHash(key?.hash, row?.overlap_hash);
      if (!row || !(isSame || isOverlap)) return { kind: "unknown" };
      return judge(toRecord(row), clock.now(), isSame ? undefined : "overlap");
    },
    find(id) {
      const row = find(id);
      return row ? judge(toRecord(row), clock.now()) : { kind: "unknown" };
    },
    isEmpty: () => sqlite.read("SELECT 1 FROM api_key LIMIT 1").length === 0,
    version: look,
    list: () =>
      sqlite.read("SELECT * FROM api_key ORDER BY created_at DESC, rowid DESC").map(toRecord),
    async revoke(id) {
      const sql =
        "UPDATE api_key SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? RETURNING *";
      const row = await change(sql, [clock.now(), id]);
      if (row) return toRecord(row);
      throw unknownKey(id);
    },
    stored: () => sqlite.read("SELECT * FROM api_key ORDER BY id").map(toStoredKey),
    async merge(keys) {
      const news = keys.filter((key) => !isSameKey(storedKey(key.id), key));
      if (news.length === 0) return;
      try {
        await sqlite.write(news.map(toMerge));
      } finally {
        noteChange();
      }
    },
    close: sqlite.close,
  };
}

const INSERT = `INSERT INTO api_key
  (id, name, hash, scopes, call_limit, profile, created_at, expires_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`;

/** In one statement, so that of two rotations at once each replaces the secret of the other. */
const ROTATE = `UPDATE api_key
  SET overlap_hash = hash, overlap_until = ?, hash = ?, rotated_at = ?
  WHERE id = ? AND revoked_at IS NULL AND coalesce(expires_at > ?, TRUE) RETURNING *`;

function toText(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

function isHash(given: Buffer | undefined, stored: Row[string] | undefined): boolean {
  const expected = stored instanceof Uint8Array ? stored : NO_HASH;
  return timingSafeEqual(given ?? NO_HASH, expected) && given !== undefined && expected !== NO_HASH;
}

function unknownKey(id: string): TrestleError {
  return new TrestleError("not_found", `There is no key ${id}. List the keys to see their ids.`);
}

function notRotated({ id, revokedAt }: KeyRecord): TrestleError {
  const what = revokedAt === undefined ? "has expired" : "was revoked";
  return new TrestleError(
    "conflict",
    `The key ${id} ${what}, and gets no new secret. Make another key.`,
  );
}
