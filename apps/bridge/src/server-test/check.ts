import type { JsonObject } from "@trestle/protocol";

export type Status = "ok" | "warn" | "fail" | "skipped";

/** One thing that was tried, and what a client of the bridge saw of it. */
export interface Check {
  readonly check: string;
  readonly status: Status;
  readonly saw: string;
  readonly ms: number;
}

export interface Finding {
  readonly status: Status;
  readonly saw: string;
}

export interface Report {
  readonly server: JsonObject;
  readonly checks: readonly Check[];
}

export const ok = (saw: string): Finding => ({ status: "ok", saw });
export const warn = (saw: string): Finding => ({ status: "warn", saw });
export const fail = (saw: string): Finding => ({ status: "fail", saw });
export const skipped = (saw: string): Finding => ({ status: "skipped", saw });
