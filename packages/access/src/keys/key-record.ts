import { type Principal, TrestleError } from "@trestle/protocol";
import type { Row } from "@trestle/store";
import { parseScope } from "../scopes/scope.ts";

/** So many calls in one window of that length. */
export interface KeyLimit {
  readonly calls: number;
  readonly windowMs: number;
}

/** What is known of a key once it was shown. Times are epoch milliseconds. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  /** Absent: everything. */
  readonly scopes?: readonly string[];
  /** Absent: as every principal. */
  readonly limit?: KeyLimit;
  /** The profile of the catalog that its holder is shown. */
  readonly profile?: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  readonly rotatedAt?: number;
  /** Until then the secret before the last rotation is good, too. */
  readonly overlapUntil?: number;
}

export interface NewKey {
  /** For people, so that they know later whose it is. */
  readonly name: string;
  readonly scopes?: readonly string[];
  readonly expiresAt?: number;
  readonly limit?: KeyLimit;
  readonly profile?: string;
}

/** Who presents a key. All but `valid` look the same from outside; the kind is for the log. */
export type KeyVerdict =
  | {
      readonly kind: "valid";
      readonly principal: Principal;
      readonly record: KeyRecord;
      /** When what was presented stops being good, as far as is known now. */
      readonly until?: number;
    }
  /** `replaced`: a secret from before a rotation, whose time is over. */
  | { readonly kind: "expired" | "revoked" | "replaced"; readonly record: KeyRecord }
  | { readonly kind: "unknown" };

/** The key's standing. `overlap`: its secret from before the last rotation is what was presented. */
export function judge(record: KeyRecord, now: number, secret?: "overlap"): KeyVerdict {
  const { expiresAt, overlapUntil = 0 } = record;
  if (record.revokedAt !== undefined) return { kind: "revoked", record };
  if (expiresAt !== undefined && expiresAt <= now) return { kind: "expired", record };
  if (secret === "overlap" && overlapUntil <= now) return { kind: "replaced", record };
  const ends = secret === "overlap" ? Math.min(overlapUntil, expiresAt ?? overlapUntil) : expiresAt;
  const until = ends === undefined ? {} : { until: ends };
  return { kind: "valid", record, principal: principalOf(record), ...until };
}

function principalOf({ id, scopes, limit, profile }: KeyRecord): Principal {
  return {
    ...{ id: `key:${id}`, kind: "key" },
    ...(scopes === undefined ? {} : { scopes }),
    ...(limit === undefined ? {} : { limit }),
    ...(profile === undefined ? {} : { profile }),
  };
}

/** Throws `invalid_input` for a key that nobody could use or tell from others. */
export function checkNewKey({ name, scopes = [], expiresAt, limit }: NewKey, now: number): void {
  for (const scope of scopes) parseScope(scope);
  if (!name.trim()) throw invalid("A key needs a name that says who uses it.");
  if (expiresAt !== undefined && !(Number.isSafeInteger(expiresAt) && expiresAt > now)) {
    throw invalid("expiresAt must be a time in the future.");
  }
  if (limit && !(isCount(limit.calls) && isCount(limit.windowMs))) {
    throw invalid("limit needs a number of calls and a window in milliseconds, both above zero.");
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

export function invalid(message: string): TrestleError {
  return new TrestleError("invalid_input", message);
}

export function toRecord(row: Row): KeyRecord {
  const time = (value: Row[string] | undefined): number | undefined =>
    value === null || value === undefined ? undefined : Number(value);
  const parsed = (value: Row[string] | undefined): unknown =>
    typeof value === "string" ? JSON.parse(value) : undefined;
  const facts = {
    scopes: parsed(row.scopes),
    limit: parsed(row.call_limit),
    profile: row.profile ?? undefined,
    expiresAt: time(row.expires_at),
    revokedAt: time(row.revoked_at),
    rotatedAt: time(row.rotated_at),
    overlapUntil: time(row.overlap_until),
  };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return {
    id: String(row.id),
    name: String(row.name),
    createdAt: Number(row.created_at),
    ...(Object.fromEntries(known) as Partial<KeyRecord>),
  };
}
