import { TrestleError } from "@trestle/protocol";
import { NO_COST } from "./core/budget.ts";
import type { AutoScale, SwarmRecord } from "./model.ts";
import type { CreateSwarm } from "./requests.ts";

export interface NewSwarm {
  readonly id: string;
  readonly owner: string;
  readonly createdAt: number;
  readonly joinKeyHash: string;
}

/** Throws `invalid_input` where it wants more agents at least than at most. */
export function checkScale(autoScale: AutoScale | null | undefined): void {
  if (!autoScale || autoScale.min <= autoScale.max) return;
  const { min, max } = autoScale;
  throw new TrestleError(
    "invalid_input",
    `autoScale: min is ${min}, which is more than max, ${max}`,
  );
}

export function newSwarm(request: CreateSwarm, facts: NewSwarm): SwarmRecord {
  const {
    name = facts.id,
    topology,
    strategy,
    maxAgents,
    autoScale,
    crew,
    grant,
    budget,
    leaseMs,
  } = request;
  return {
    ...facts,
    name,
    topology,
    strategy,
    maxAgents,
    target: request.target ?? (crew === undefined ? 0 : maxAgents),
    ...(autoScale === undefined ? {} : { autoScale }),
    ...(crew === undefined ? {} : { crew }),
    ...(grant === undefined ? {} : { grant }),
    budget,
    leaseMs,
    status: "active",
    seq: 0,
    fence: 0,
    spent: NO_COST,
    busyMs: 0,
    limit: 2,
  };
}

/** One agent, the same budget: what it does alone is what a swarm has to be better than. */
export function newBaseline(swarm: SwarmRecord, facts: NewSwarm): SwarmRecord {
  const { autoScale: _, baseline: _baseline, ...rest } = swarm;
  return {
    ...rest,
    ...facts,
    name: `${swarm.name} alone`,
    topology: "mesh",
    strategy: "sequential",
    maxAgents: 1,
    target: swarm.crew === undefined ? 0 : 1,
    baselineOf: swarm.id,
  };
}
