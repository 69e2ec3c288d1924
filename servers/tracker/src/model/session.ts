import type { SessionFacts } from "./record.ts";

export interface Session extends SessionFacts {
  readonly id: string;
  readonly project: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly records: number;
  readonly errors: number;
}

/** Sums over responses; a response told several times counts once, as it was told last. */
export interface UsageSum {
  /** The session, model, UTC day (`2026-11-22`) or project, as asked for; "" for the sum of all. */
  readonly key: string;
  readonly model: string;
  readonly responses: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly cacheWriteHourTokens: number;
}
