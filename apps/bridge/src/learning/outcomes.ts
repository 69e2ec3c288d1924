import { OF_CALLERS } from "../alerts/measure.ts";
import type { LearnedOutcome } from "../state/learned/learned.ts";
import { OWN_SERVER } from "../tools/names.ts";
import type { ToolOutcome } from "./forecast/experts.ts";

/** Calls by `SERVER.TOOL`; the bridge's own tools carry others, and are none of them. */
export function byTool(calls: readonly LearnedOutcome[]): Map<string, LearnedOutcome[]> {
  const ofServers = calls.filter(({ server }) => server !== OWN_SERVER);
  return Map.groupBy(ofServers, ({ server, tool }) => `${server}.${tool}`);
}

/**
 * How the calls of a tool ended, the oldest first: without those that never reached it, and those that failed
 * by the doing of their callers. An answer in its place means that it failed.
 */
export function toOutcomes(calls: readonly LearnedOutcome[]): ToolOutcome[] {
  const told = calls.filter(({ cached, errorCode = "" }) => !cached && !OF_CALLERS.has(errorCode));
  const outcomes = told.map(({ startedAt, outcome, fallbackUsed, durationMs }) => ({
    at: startedAt,
    failed: outcome !== "success" || fallbackUsed,
    durationMs,
  }));
  return outcomes.sort((a, b) => a.at - b.at);
}
