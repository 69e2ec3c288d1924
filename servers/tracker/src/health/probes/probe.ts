import type { JsonObject } from "@trestle/protocol";

/** What one check found. */
export interface Finding {
  readonly level: "up" | "degraded" | "down";
  /** A sentence for a person. Holds no secrets. */
  readonly detail: string;
  readonly facts?: JsonObject;
}

/** A check that is over. */
export interface CheckResult extends Finding {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly latencyMs: number;
}

export interface ProbeContext {
  /** Ends when the check's time is over. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export function down(detail: string): Finding {
  return { level: "down", detail };
}

export function up(detail: string, facts?: JsonObject): Finding {
  return { level: "up", detail, ...(facts === undefined ? {} : { facts }) };
}

export function degraded(detail: string, facts?: JsonObject): Finding {
  return { level: "degraded", detail, ...(facts === undefined ? {} : { facts }) };
}
