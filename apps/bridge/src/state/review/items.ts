import type { FailedCall } from "@trestle/policy";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  TRESTLE_META,
  TrestleError,
} from "@trestle/protocol";
import type { Migration, Row, SqlStatement } from "@trestle/store";

/**
 * `waiting` for a person; `running` once approved; then `done`, `failed` (it answered that it did not), or
 * `unknown` (it may have had effects). `rejected` and `expired` were never run.
 */
export const REVIEW_STATES = [
  "waiting",
  "running",
  "done",
  "failed",
  "unknown",
  "rejected",
  "expired",
] as const;
export type ReviewState = (typeof REVIEW_STATES)[number];

/** A failed call that a person decides about. Times are epoch milliseconds. */
export interface ReviewItem {
  readonly id: string;
  readonly state: ReviewState;
  readonly server: string;
  readonly tool: string;
  /** As the caller sent them; redacted in lists. Absent where their key is lost. */
  readonly arguments?: JsonObject;
  /** What the person made of them. */
  readonly editedArguments?: JsonObject;
  readonly definitionHash: string;
  readonly readOnly: boolean;
  /** What the configuration says to whoever decides. */
  readonly message: string;
  readonly errorCode: string;
  readonly errorMessage: string;
  /** The call that failed may have had effects. */
  readonly outcomeUnknown: boolean;
  readonly executionId: string;
  /** Of the original attempts. */
  readonly idempotencyKey: string;
  /** In whose name it runs. */
  readonly principal: string;
  /** How often it was sent, approved runs included. */
  readonly attempts: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly decidedBy?: string;
  readonly decidedAt?: number;
  readonly reason?: string;
  readonly finishedAt?: number;
  /** How the approved run failed. */
  readonly runError?: { readonly code: string; readonly message: string };
  /** Of the approved run; left out in lists. */
  readonly result?: JsonObject;
}

export const migrations: readonly Migration[] = [
  {
    name: "review items",
    sql: `
      CREATE TABLE review_item (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL,
        server TEXT NOT NULL,
        tool TEXT NOT NULL,
        definition_hash TEXT NOT NULL,
        read_only INTEGER NOT NULL,
        message TEXT NOT NULL,
        error_code TEXT NOT NULL,
        error_message TEXT NOT NULL,
        outcome_unknown INTEGER NOT NULL,
        execution_id TEXT NOT NULL,
        idempotency_key TEXT NOT NULL,
        principal TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        sealed TEXT NOT NULL,
        edited TEXT,
        runner TEXT,
        decided_by TEXT,
        decided_at INTEGER,
        reason TEXT,
        finished_at INTEGER,
        run_code TEXT,
        run_message TEXT,
        result TEXT
      ) STRICT;
      CREATE INDEX review_item_state ON review_item (state, expires_at);
    `,
  },
];

const MAX_TEXT = 2_000;
const COLUMN = /^[a-z_]{1,40}$/;

export interface NewItem {
  readonly id: string;
  readonly sealed: string;
  readonly now: number;
  readonly expiryMs: number;
  /** Items that may wait or run at a time. */
  readonly maxItems: number;
}

/** Inserts nothing where the queue is full. */
export function insertItem(
  { call, message, errorCode, errorMessage, outcomeUnknown }: FailedCall,
  { id, sealed, now, expiryMs, maxItems }: NewItem,
): SqlStatement {
  return {
    sql: `INSERT INTO review_item (id, state, server, tool, definition_hash, read_only, message, error_code,
        error_message, outcome_unknown, execution_id, idempotency_key, principal, attempts, created_at,
        expires_at, sealed)
      SELECT ?, 'waiting', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
      WHERE (SELECT count(*) FROM review_item WHERE state IN ('waiting', 'running')) < ?`,
    params: [
      id,
      call.server,
      call.tool,
      call.definitionHash,
      Number(call.hints.readOnly),
      message.slice(0, MAX_TEXT),
      errorCode,
      errorMessage.slice(0, MAX_TEXT),
      Number(outcomeUnknown),
      call.executionId,
      keyOf(call),
      call.context.principal.id,
      call.trail.attempts,
      now,
      now + expiryMs,
      sealed,
      maxItems,
    ],
  };
}

/** An item as another home stored it; nothing where it is here already. */
export function takeItem(row: Omit<Row, "seq">): SqlStatement {
  const names = Object.keys(row).filter((name) => COLUMN.test(name));
  return {
    sql: `INSERT OR IGNORE INTO review_item (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
    params: names.map((name) => row[name] ?? null),
  };
}

export function hadElsewhere(id: string): TrestleError {
  return new TrestleError(
    "conflict",
    `Review item ${id} is decided at another bridge. Look at it again in a moment.`,
    { details: { item: id, reason: "elsewhere" } },
  );
}

/** The caller's own key, or the one that all attempts of the call shared. */
function keyOf({ params, executionId }: FailedCall["call"]): string {
  const meta = isJsonObject(params._meta) ? params._meta : {};
  const key: JsonValue | undefined = meta[TRESTLE_META.idempotencyKey];
  return typeof key === "string" ? key : executionId;
}

/** Everything of an item that is not sealed. */
export function toItem(row: Row): ReviewItem {
  return {
    id: String(row.id),
    state: String(row.state) as ReviewState,
    server: String(row.server),
    tool: String(row.tool),
    definitionHash: String(row.definition_hash),
    readOnly: row.read_only === 1,
    message: String(row.message),
    errorCode: String(row.error_code),
    errorMessage: String(row.error_message),
    outcomeUnknown: row.outcome_unknown === 1,
    executionId: String(row.execution_id),
    idempotencyKey: String(row.idempotency_key),
    principal: String(row.principal),
    attempts: Number(row.attempts),
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    ...(row.decided_by === null ? {} : { decidedBy: String(row.decided_by) }),
    ...(row.decided_at === null ? {} : { decidedAt: Number(row.decided_at) }),
    ...(row.reason === null ? {} : { reason: String(row.reason) }),
    ...(row.finished_at === null ? {} : { finishedAt: Number(row.finished_at) }),
    ...(row.run_code === null
      ? {}
      : { runError: { code: String(row.run_code), message: String(row.run_message) } }),
  };
}

/** Says who decided an item before, and how. */
export function decided({ id, state, decidedBy, expiresAt }: ReviewItem): TrestleError {
  const how =
    state === "expired"
      ? `expired at ${new Date(expiresAt).toISOString()}`
      : state === "rejected"
        ? `was rejected by "${decidedBy}"`
        : `was approved by "${decidedBy}" and is ${state}`;
  return new TrestleError("conflict", `Review item ${id} ${how}. An item is decided once.`, {
    details: { item: id, state },
  });
}
