import type { JsonObject } from "@trestle/protocol";

/**
 * Something small that is kept as it is: a probe's state, an alert, an insight. The store knows no more of it.
 * With `keep` the values before are kept too, as its history.
 */
export interface Document {
  readonly kind: DocumentKind;
  /** Unique within its kind. */
  readonly key: string;
  readonly at: number;
  readonly value: JsonObject;
}

export type DocumentKind =
  | "health"
  | "alert"
  | "delivery"
  | "insight"
  | "pattern"
  | "fix"
  | "setting";

/** A folder or file that `watch` was asked to read. */
export interface WatchedSource {
  readonly name: string;
  readonly kind: "claude-code" | "codex" | "gemini" | "chat" | "log";
  /** File, folder or glob. */
  readonly path: string;
  readonly addedAt: number;
  /** What its reader needs to know beyond that. */
  readonly options?: JsonObject;
}

export interface SkippedLines {
  readonly source: string;
  readonly reason: string;
  readonly count: number;
  readonly lastAt: number;
}
