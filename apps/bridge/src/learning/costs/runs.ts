import type { CostedCall } from "../../state/learned/learned.ts";

/** What the calls of one chain or workflow run cost together. */
export interface RunCost {
  readonly run: string;
  readonly principal: string;
  /** When its first call began, in epoch milliseconds. */
  readonly startedAt: number;
  readonly calls: number;
  /** By unit. */
  readonly costs: Readonly<Record<string, number>>;
}

/** No call is deeper inside of others. */
const MOST_LEVELS = 20;

/**
 * Adds up what calls cost by the run that they were made for: as a step of it, or by a step, however far
 * down. Calls that belong to no run are in none. The dearest first.
 */
export function costsOfRuns(
  calls: readonly CostedCall[],
  unitOf: (server: string) => string,
): RunCost[] {
  const byId = new Map(calls.map((call) => [call.executionId, call]));
  const runs = new Map<
    string,
    { first: CostedCall; calls: number; costs: Record<string, number> }
  >();
  for (const call of calls) {
    const run = runOf(call, byId);
    if (run === undefined) continue;
    const known = runs.get(run) ?? { first: call, calls: 0, costs: {} };
    runs.set(run, known);
    known.calls += 1;
    if (call.startedAt < known.first.startedAt) known.first = call;
    const unit = unitOf(call.server);
    if (call.cost > 0) known.costs[unit] = (known.costs[unit] ?? 0) + call.cost;
  }
  const found = [...runs].map(([run, { first, calls: count, costs }]) => {
    const { principal, startedAt } = first;
    return { run, principal, startedAt, calls: count, costs };
  });
  return found.sort((a, b) => sumOf(b) - sumOf(a) || b.startedAt - a.startedAt);
}

function runOf(call: CostedCall, byId: ReadonlyMap<string, CostedCall>): string | undefined {
  let at: CostedCall | undefined = call;
  for (let level = 0; at !== undefined && level < MOST_LEVELS; level += 1) {
    if (at.run !== undefined) return at.run;
    at = byId.get(at.parentExecutionId ?? "");
  }
  return undefined;
}

function sumOf({ costs }: RunCost): number {
  return Object.values(costs).reduce((sum, cost) => sum + cost, 0);
}
