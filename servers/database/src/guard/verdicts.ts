import type { Mode } from "../postgres/database.ts";
import type { Accepted } from "./guard.ts";

/** Verdicts that depend on nothing but the text and the mode: the same statement comes again and again, page by page. */
export interface Verdicts {
  recall(allowed: Mode, sql: string): Accepted | undefined;
  keep(allowed: Mode, sql: string, verdict: Accepted): void;
}

/** Of each mode; those not asked for longest go first. */
const MOST = 200;
/** Longer texts hold values, and seldom come twice. */
const LONGEST = 4_000;

export function createVerdicts(): Verdicts {
  const verdicts: Record<Mode, Map<string, Accepted>> = {
    "read-only": new Map(),
    "read-write": new Map(),
    admin: new Map(),
  };

  function keep(allowed: Mode, sql: string, verdict: Accepted): void {
    const kept = verdicts[allowed];
    if (sql.length > LONGEST) return;
    kept.delete(sql);
    kept.set(sql, verdict);
    const [oldest] = kept.keys();
    if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
  }

  return {
    recall(allowed, sql) {
      const verdict = verdicts[allowed].get(sql);
      if (verdict) keep(allowed, sql, verdict);
      return verdict;
    },
    keep,
  };
}
