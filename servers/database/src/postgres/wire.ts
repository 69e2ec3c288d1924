import type { ErrorCode, JsonObject, JsonValue } from "@trestle/protocol";

/**
 * What the engine and its worker thread say to each other, and what one process asks of another that
 * holds the folder. Values travel as the texts Postgres prints: they survive every transport, and only
 * the process that asked turns them into JSON.
 */

export interface QueryJob {
  readonly kind: "query";
  readonly sql: string;
  readonly params: readonly JsonValue[];
  readonly timeoutMs: number;
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly offset: number;
}

/** A script with any statements; never reachable through a tool. */
export interface ScriptJob {
  readonly kind: "script";
  readonly sql: string;
  readonly timeoutMs: number;
}

export type Job = QueryJob | ScriptJob;

export interface RawColumn {
  readonly name: string;
  readonly type: string;
  readonly oid: number;
  /** Type of the elements, where the column holds arrays. */
  readonly element?: number;
}

/** A value, or the beginning of one that is too long. */
export type RawCell = string | null | { readonly start: string; readonly length: number };

export interface RawPage {
  readonly columns: RawColumn[];
  readonly rows: RawCell[][];
  readonly more: boolean;
}

export interface RawFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable?: boolean;
  readonly details?: JsonObject;
  /** The thread may be damaged and has to be replaced. */
  readonly fatal?: boolean;
}

export type ToWorker = Job | { readonly kind: "close" };

export type FromWorker =
  /** The folder is open and the statement runs: from here its time counts. */
  | { readonly kind: "running" }
  /** `spent`: it took so much memory, which it can not give back, that the thread should be replaced. */
  | { readonly kind: "done"; readonly page: RawPage; readonly spent: boolean }
  | { readonly kind: "failed"; readonly failure: RawFailure }
  | { readonly kind: "closed" };
