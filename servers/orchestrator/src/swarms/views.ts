import type {
  AgentView,
  CostView,
  Holder,
  LeaseView,
  MemoryView,
  MessageView,
  RunningLease,
  SwarmSummary,
  SwarmView,
  TaskView,
} from "./answers.ts";
import { activeAgents } from "./core/agents.ts";
import { leftOf, wallMsOf } from "./core/budget.ts";
import { type Conflict, untilOf } from "./core/files.ts";
import { lapseOf } from "./core/leases.ts";
import type { Moment } from "./core/moment.ts";
import { type SwarmState, swarmOf } from "./core/state.ts";
import type {
  AgentRecord,
  MemoryRecord,
  MessageRecord,
  ReservationRecord,
  TaskRecord,
} from "./model.ts";

export function toTask(task: TaskRecord): TaskView {
  const { seq: _, key: _key, lease, maxMs, createdAt, startedAt, endedAt, ...rest } = task;
  const { votesSince, ...facts } = rest;
  return {
    ...facts,
    ...(maxMs === undefined ? {} : { maxSeconds: maxMs / 1_000 }),
    ...(lease === undefined ? {} : { agent: lease.agent, fence: lease.fence }),
    createdAt: toIso(createdAt),
    ...(startedAt === undefined ? {} : { startedAt: toIso(startedAt) }),
    ...(endedAt === undefined ? {} : { endedAt: toIso(endedAt) }),
    ...(votesSince === undefined ? {} : { votesSince: toIso(votesSince) }),
  };
}

export function toLeases({ records, held }: SwarmState, agent: string): LeaseView[] {
  return [...(held.get(agent) ?? [])].flatMap((id) => {
    const task = records.task.get(id);
    return task === undefined ? [] : [toLease(task)];
  });
}

export function toLease({ id, lease }: TaskRecord): LeaseView {
  return { task: id, fence: lease?.fence ?? 0, ttlMs: lease?.ttlMs ?? 0 };
}

export function toMessage({ pending: _, key: _key, sentAt, ...facts }: MessageRecord): MessageView {
  return { ...facts, sentAt: toIso(sentAt) };
}

export function toMemory({ at, ...facts }: MemoryRecord): MemoryView {
  return { ...facts, at: toIso(at) };
}

export function toHolder(
  state: SwarmState,
  { reservation, path, wanted }: Conflict,
  at: Moment,
): Holder {
  return { ...holds(state, reservation, at), path, wanted };
}

function holds(state: SwarmState, reservation: ReservationRecord, at: Moment) {
  const { agent, mode, reason, task } = reservation;
  return {
    agent,
    name: state.records.agent.get(agent)?.name ?? agent,
    mode,
    reason,
    ...(task === undefined ? {} : { task }),
    until: toIso(untilOf(state, reservation, at)),
  };
}

export function toCost(state: SwarmState, { wall }: Moment): CostView {
  const swarm = swarmOf(state);
  return { ...swarm.spent, wallMs: wallMsOf(swarm, wall) };
}

export function toSummary(state: SwarmState): SwarmSummary {
  const { id, name, topology, strategy, status, createdAt } = swarmOf(state);
  return {
    swarm: id,
    name,
    topology,
    strategy,
    status,
    agents: activeAgents(state),
    counts: { ...state.counts },
    createdAt: toIso(createdAt),
  };
}

export function toView(state: SwarmState, wanted: number, at: Moment): SwarmView {
  const swarm = swarmOf(state);
  const { maxAgents, leaseMs, autoScale, crew, budget, baseline, baselineOf } = swarm;
  return {
    ...toSummary(state),
    maxAgents,
    leaseMs,
    ...(autoScale === undefined ? {} : { autoScale }),
    ...(crew === undefined ? {} : { crew }),
    wanted,
    members: [...state.records.agent.values()].map((agent) => toAgent(state, agent)),
    budget,
    left: leftOf(swarm, at.wall),
    cost: toCost(state, at),
    reservations: [...state.records.reservation.values()].flatMap((reservation) =>
      reservation.paths.map((path) => ({ ...holds(state, reservation, at), path, wanted: path })),
    ),
    leases: leasesIn(state, at),
    ...(baseline === undefined ? {} : { baseline }),
    ...(baselineOf === undefined ? {} : { baselineOf }),
  };
}

/** What is in work, and when each falls to somebody else if its agent gives no more sign of life. */
function leasesIn(state: SwarmState, at: Moment): RunningLease[] {
  const held = [...state.held.values()].flatMap((ids) => [...ids]);
  return held.flatMap((id) => {
    const task = state.records.task.get(id);
    if (task?.lease === undefined) return [];
    const { agent, ttlMs } = task.lease;
    const leftMs = Math.max(0, lapseOf({ state }, task) - at.tick);
    return [{ task: id, agent, ttlMs, until: toIso(at.wall + leftMs) }];
  });
}

export function toAgent({ held }: SwarmState, agent: AgentRecord): AgentView {
  const { principal: _, tokenHash: _hash, beat: _beat, asks: _asks, ...rest } = agent;
  const { place: _place, joinedAt, ...facts } = rest;
  return { ...facts, tasks: [...(held.get(agent.id) ?? [])], joinedAt: toIso(joinedAt) };
}

function toIso(at: number): string {
  return new Date(at).toISOString();
}

/** How many agents of its crew are active. */
export function crewOf(state: SwarmState): number {
  const { crew } = swarmOf(state);
  let count = 0;
  for (const { kind, status } of state.records.agent.values()) {
    if (kind === crew?.kind && status === "active") count += 1;
  }
  return count;
}
