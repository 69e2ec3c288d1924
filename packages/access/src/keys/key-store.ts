import { timingSafeEqual } from "node:crypto";
import { type Clock, type Principal, systemClock, TrestleError } from "@trestle/protocol";
import { type Migration, openQuietSqlite, type Row, type SqlParams } from "@trestle/store";
import { parseScope } from "../scopes/scope.ts";
import { createApiKey, parseApiKey } from "./api-key.ts";

/** What is known of a key once it was shown. Times are epoch milliseconds. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  /** Absent: everything. */
  readonly scopes?: readonly string[];
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
}

export interface NewKey {
  /** For people, so that they know later whose it is. */
  readonly name: string;
  readonly scopes?: readonly string[];
  readonly expiresAt?: number;
}

/** Who presents a key. All but `valid` look the same from outside; the kind is for the log. */
export type KeyVerdict =
  | { readonly kind: "valid"; readonly principal: Principal; readonly record: KeyRecord }
  | { readonly kind: "expired" | "revoked"; readonly record: KeyRecord }
  | { readonly kind: "unknown" };

export interface KeyStore {
  /** The text of the key is returned here and never again: only its hash is kept. */
  create(key: NewKey): Promise<{ text: string; record: KeyRecord }>;
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
];

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
      // Where the writer crashed, too: the change may stand in the file.
      ownChanges += 1;
      lookedAt = undefined;
    }
  }

  return {
    async create({ name, scopes, expiresAt }) {
      checkNewKey({ name, scopes, expiresAt }, clock.now());
      const { id, text, hash } = createApiKey();
      const scopeText = scopes === undefined ? null : JSON.stringify(scopes);
      const params = [id, name, hash, scopeText, clock.now(), expiresAt ?? null];
      const sql =
        "INSERT INTO api_key (id, name, hash, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING *";
      return { text, record: toRecord((await change(sql, params)) ?? {}) };
    },
    verify(text) {
      const key = parseApiKey(text);
      const row = key && find(key.id);
      const stored = row?.hash instanceof Uint8Array ? row.hash : NO_HASH;
      // Compared for an unknown id too, so that both take the same way.
      const isSame = key !== undefined && timingSafeEqual(key.hash, stored);
      return isSame && row ? judge(toRecord(row), clock.now()) : { kind: "unknown" };
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
      throw new TrestleError("not_found", `There is no key ${id}. List the keys to see their ids.`);
    },
    close: sqlite.close,
  };
}

function judge(record: KeyRecord, now: number): KeyVerdict {
  if (record.revokedAt !== undefined) return { kind: "revoked", record };
  if (record.expiresAt !== undefined && record.expiresAt <= now) return { kind: "expired", record };
  const scopes = record.scopes === undefined ? {} : { scopes: record.scopes };
  return { kind: "valid", record, principal: { id: `key:${record.id}`, kind: "key", ...scopes } };
}

function checkNewKey(
  { name, scopes = [], expiresAt }: { [Key in keyof NewKey]: NewKey[Key] | undefined },
  now: number,
): void {
  for (const scope of scopes) parseScope(scope);
  if (!name?.trim()) {
    throw new TrestleError("invalid_input", "A key needs a name that says who uses it.");
  }
  if (expiresAt !== undefined && !(Number.isSafeInteger(expiresAt) && expiresAt > now)) {
    throw new TrestleError("invalid_input", "expiresAt must be a time in the future.");
  }
}

function toRecord(row: Row): KeyRecord {
  return {
    id: String(row.id),
    name: String(row.name),
    ...(row.scopes === null ? {} : { scopes: JSON.parse(String(row.scopes)) as string[] }),
    createdAt: Number(row.created_at),
    ...(row.expires_at === null ? {} : { expiresAt: Number(row.expires_at) }),
    ...(row.revoked_at === null ? {} : { revokedAt: Number(row.revoked_at) }),
  };
}
