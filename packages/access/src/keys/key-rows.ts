import { canonicalJson, type JsonObject, type JsonValue } from "@trestle/protocol";
import type { Row, SqlStatement } from "@trestle/store";

/** All that is stored of one key, its hash in base64: what homes that share their keys tell one another. */
export type StoredKey = JsonObject & { readonly id: string };

/** Columns that follow a rotation; the later one wins. */
const ROTATED = ["hash", "rotated_at", "overlap_hash", "overlap_until"] as const;
const FIXED = ["name", "scopes", "created_at", "expires_at", "call_limit", "profile"] as const;
const BLOBS: ReadonlySet<string> = new Set(["hash", "overlap_hash"]);
const COLUMNS = ["id", ...FIXED, ...ROTATED, "revoked_at"];

export function toStoredKey(row: Row): StoredKey {
  const entries = COLUMNS.map((column) => [column, toJson(row[column])]);
  return Object.fromEntries(entries) as StoredKey;
}

export function isSameKey(a: StoredKey | undefined, b: StoredKey): boolean {
  return a !== undefined && canonicalJson(a) === canonicalJson(b);
}

/**
 * What stands after each side has told the other, in whatever order: a key that either knows, revoked where either
 * revoked it, with the secret of its last rotation.
 */
export function toMerge(key: StoredKey): SqlStatement {
  const isLater = "coalesce(excluded.rotated_at, 0) > coalesce(rotated_at, 0)";
  const rotated = ROTATED.map(
    (column) => `${column} = CASE WHEN ${isLater} THEN excluded.${column} ELSE ${column} END`,
  );
  return {
    sql: `INSERT INTO api_key (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})
      ON CONFLICT (id) DO UPDATE SET ${rotated.join(", ")},
        revoked_at = CASE
          WHEN revoked_at IS NULL THEN excluded.revoked_at
          WHEN excluded.revoked_at IS NULL THEN revoked_at
          ELSE min(revoked_at, excluded.revoked_at)
        END`,
    params: COLUMNS.map((column) => toSql(column, key[column])),
  };
}

function toJson(value: Row[string] | undefined): JsonValue {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return typeof value === "bigint" ? Number(value) : (value ?? null);
}

function toSql(column: string, value: JsonValue | undefined): string | number | Uint8Array | null {
  if (value === null || value === undefined) return null;
  if (BLOBS.has(column)) return Buffer.from(String(value), "base64");
  return typeof value === "number" ? value : String(value);
}
