import type {
  AgentRecord,
  MessageRecord,
  RecordKind,
  Records,
  ReservationRecord,
  SwarmRecord,
  TaskRecord,
  TaskStatus,
  VoteRecord,
} from "../model.ts";
import { TASK_STATUSES } from "../model.ts";
import type { Change } from "../swarm-store.ts";
import { createReadyQueue, type ReadyQueue } from "./ready-queue.ts";

/** A swarm in memory: its records, what is found by them, and what this process has seen of them. */
export interface SwarmState {
  readonly records: { readonly [Kind in RecordKind]: Map<string, Records[Kind]> };
  readonly ready: ReadyQueue;
  readonly claimed: Set<string>;
  readonly checking: Set<string>;
  /** Split tasks whose parts have all ended, and which wait for votes. */
  readonly voting: Set<string>;
  readonly counts: Record<TaskStatus, number>;
  /** Tasks in work, by agent. */
  readonly held: Map<string, Set<string>>;
  /** Tasks that wait for a task. */
  readonly dependents: Map<string, Set<string>>;
  /** By task, then by agent. */
  readonly votes: Map<string, Map<string, VoteRecord>>;
  /** Tasks by the key that they were submitted with, messages by that they were sent with. */
  readonly keys: Map<string, string>;
  readonly agentsByToken: Map<string, string>;
  /** What is not acknowledged, by recipient, in order. */
  readonly unread: Map<string, Map<string, number>>;
  /** The last sign of life that this process saw, by kind and id, and when. Not stored: whoever opens a swarm waits anew. */
  readonly seen: Map<string, Sign>;
  /** Characters of JSON of all records. */
  size: number;
  /** Do other processes change it as well? Then they, too, see signs of life, and store them now and then. */
  readonly isShared: boolean;
  /** Up to when this process is sure to have seen all that others did. */
  freshAt: number;
  /** When this process first saw that fewer agents are wanted than run. Not stored. */
  fewerSince?: number | undefined;
}

export interface Sign {
  readonly of: string;
  readonly tick: number;
  /** Before that, what is stored of it was not stored; this process may have seen more than is stored. */
  readonly since: number;
}

export function createSwarmState({ isShared = false } = {}): SwarmState {
  return {
    records: {
      swarm: new Map(),
      agent: new Map(),
      task: new Map(),
      reservation: new Map(),
      message: new Map(),
      memory: new Map(),
      vote: new Map(),
    },
    ready: createReadyQueue(),
    claimed: new Set(),
    checking: new Set(),
    voting: new Set(),
    counts: Object.fromEntries(TASK_STATUSES.map((status) => [status, 0])) as SwarmState["counts"],
    held: new Map(),
    dependents: new Map(),
    votes: new Map(),
    keys: new Map(),
    agentsByToken: new Map(),
    unread: new Map(),
    seen: new Map(),
    isShared,
    freshAt: Number.NEGATIVE_INFINITY,
    size: 0,
  };
}

export function swarmOf({ records }: SwarmState): SwarmRecord {
  const [swarm] = records.swarm.values();
  if (swarm === undefined) throw new Error("A swarm without its own record");
  return swarm;
}

/** Puts one record in its place, at a tick of this process. */
export function applyChange(state: SwarmState, change: Change, tick: number): void {
  const { kind, id } = change;
  const records = state.records[kind] as Map<string, Records[RecordKind]>;
  const before = records.get(id);
  const after = change.record ?? undefined;
  if (after === undefined) records.delete(id);
  else records.set(id, after);
  state.size += sizeOf(after) - sizeOf(before);
  const index = indexes[kind] as Index<Records[RecordKind]> | undefined;
  index?.(state, { id, before, after, tick });
}

interface Indexed<Kept> {
  readonly id: string;
  readonly before: Kept | undefined;
  readonly after: Kept | undefined;
  readonly tick: number;
}
type Index<Kept> = (state: SwarmState, indexed: Indexed<Kept>) => void;

const indexes: { readonly [Kind in RecordKind]?: Index<Records[Kind]> } = {
  agent: indexAgent,
  task: indexTask,
  reservation: indexReservation,
  message: indexMessage,
  vote: indexVote,
};

function indexAgent(state: SwarmState, { id, after, before, tick }: Indexed<AgentRecord>): void {
  if (before !== undefined) state.agentsByToken.delete(before.tokenHash);
  if (after !== undefined) state.agentsByToken.set(after.tokenHash, id);
  see(state, `agent ${id}`, after && String(after.beat), tick);
  if (after === undefined || after.asks !== undefined) {
    see(state, `asks ${id}`, after && String(after.asks), tick);
  }
}

function indexTask(state: SwarmState, { id, before, after, tick }: Indexed<TaskRecord>): void {
  if (before !== undefined) {
    state.counts[before.status] -= 1;
    if (before.status === "ready") state.ready.remove(before);
    if (before.lease !== undefined) takeFrom(state.held, before.lease.agent, id);
    if (before.status === "waiting" && after?.status !== "waiting") {
      for (const each of before.dependsOn) takeFrom(state.dependents, each, id);
    }
  }
  if (after !== undefined) {
    state.counts[after.status] += 1;
    if (after.status === "ready") state.ready.add(after);
    if (after.lease !== undefined) addTo(state.held, after.lease.agent, id);
    if (after.status === "waiting" && before?.status !== "waiting") {
      for (const each of after.dependsOn) addTo(state.dependents, each, id);
    }
    if (after.key !== undefined) state.keys.set(`task ${after.by} ${after.key}`, id);
  } else if (before?.key !== undefined) state.keys.delete(`task ${before.by} ${before.key}`);
  setIn(state.claimed, id, after?.status === "claimed");
  setIn(state.checking, id, after?.status === "checking");
  setIn(state.voting, id, after?.status === "split" && after.votesSince !== undefined);
  const lease = after?.lease;
  see(state, `lease ${id}`, lease && `${lease.agent} ${lease.fence} ${lease.beat}`, tick);
  see(state, `held ${id}`, lease && String(lease.fence), tick);
  see(state, `voting ${id}`, state.voting.has(id) ? "waits" : undefined, tick);
}

function indexReservation(
  state: SwarmState,
  { id, after, tick }: Indexed<ReservationRecord>,
): void {
  see(state, `reservation ${id}`, after && String(after.beat), tick);
}

function indexMessage(state: SwarmState, { id, before, after }: Indexed<MessageRecord>): void {
  for (const each of before?.pending ?? []) {
    if (!after?.pending.includes(each)) state.unread.get(each)?.delete(id);
  }
  for (const each of after?.pending ?? []) {
    if (before?.pending.includes(each)) continue;
    const unread = state.unread.get(each) ?? new Map<string, number>();
    state.unread.set(each, unread.set(id, after?.seq ?? 0));
  }
  const keyed = after ?? before;
  if (keyed?.key === undefined) return;
  const key = `message ${keyed.from} ${keyed.key}`;
  if (after === undefined) state.keys.delete(key);
  else state.keys.set(key, id);
}

function indexVote(state: SwarmState, { before, after }: Indexed<VoteRecord>): void {
  const { task, agent } = after ?? before ?? { task: "", agent: "" };
  const votes = state.votes.get(task) ?? new Map<string, VoteRecord>();
  state.votes.set(task, votes);
  if (after === undefined) votes.delete(agent);
  else votes.set(agent, after);
}

/** What has not changed was not seen anew. */
function see(state: SwarmState, name: string, of: string | undefined, tick: number): void {
  if (of === undefined) state.seen.delete(name);
  else if (state.seen.get(name)?.of !== of)
    state.seen.set(name, { of, tick, since: Math.min(tick, state.freshAt) });
}

function sizeOf(record: Records[RecordKind] | undefined): number {
  if (record === undefined) return 0;
  const known = sizes.get(record);
  if (known !== undefined) return known;
  const size = JSON.stringify(record).length;
  sizes.set(record, size);
  return size;
}
const sizes = new WeakMap<object, number>();

function addTo(sets: Map<string, Set<string>>, name: string, id: string): void {
  const set = sets.get(name) ?? new Set();
  sets.set(name, set.add(id));
}

function takeFrom(sets: Map<string, Set<string>>, name: string, id: string): void {
  const set = sets.get(name);
  set?.delete(id);
  if (set?.size === 0) sets.delete(name);
}

function setIn(set: Set<string>, id: string, isIn: boolean): void {
  if (isIn) set.add(id);
  else set.delete(id);
}
