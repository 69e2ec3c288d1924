import type { ErrorGroup } from "../../model/error-group.ts";
import type { Facts, UsageFact } from "../../model/facts.ts";
import type { TrackedRecord } from "../../model/record.ts";
import type { Session } from "../../model/session.ts";
import type { Batch, Committed } from "../tracker-store.ts";
import { foldError } from "./group-state.ts";
import type { Places } from "./places.ts";
import { type Sums, sumFacts, sumUsage } from "./sums.ts";
import { foldTask, type TaskState } from "./task-state.ts";

/** What has to be known of the store before a batch can be added to it. */
export interface Known {
  /** Ids of the batch's records that are stored. */
  readonly records: ReadonlySet<string>;
  /** By the ids that facts call them. */
  readonly tasks: ReadonlyMap<string, TaskState>;
  /** Ids that were merged into others. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly groups: ReadonlyMap<string, ErrorGroup>;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly responses: ReadonlyMap<string, UsageFact>;
  /** Records up to this time are not kept. */
  readonly horizon: number;
}

/** What a batch makes of the store: the same for every kind of it. */
export interface Plan {
  readonly records: readonly PlannedRecord[];
  readonly facts: Facts;
  readonly tasks: ReadonlyMap<string, TaskState>;
  readonly groups: ReadonlyMap<string, ErrorGroup>;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly responses: ReadonlyMap<string, UsageFact>;
  readonly sums: Sums;
  readonly committed: Committed;
}

export interface PlannedRecord {
  readonly place: number;
  readonly record: TrackedRecord;
  readonly project: string;
  readonly facts: Facts;
}

export async function planCommit(batch: Batch, known: Known, places: Places): Promise<Plan> {
  const fresh = new Map<string, TrackedRecord>();
  let expired = 0;
  for (const record of batch.records) {
    if (known.records.has(record.id) || fresh.has(record.id)) continue;
    if (record.at <= known.horizon) expired += 1;
    else fresh.set(record.id, record);
  }
  const facts = factsOf(batch.facts, (id) => fresh.has(id));
  const sessions = planSessions(batch, fresh, facts, known);
  const groups = planGroups(facts, known);
  const tasks = planTasks(facts, known);
  const usage = sumUsage(facts.usage, known.responses);
  return {
    records: await placeRecords([...fresh.values()], { facts, sessions, places }),
    ...{ facts, tasks, sessions, groups: groups.states },
    responses: usage.responses,
    sums: { ...sumFacts(facts), usage: usage.rows },
    committed: {
      records: [...fresh.keys()],
      expired,
      tasks: [...tasks.keys()],
      newGroups: groups.fresh,
      regressedGroups: groups.regressed,
    },
  };
}

export const NO_FACTS: Facts = { tasks: [], errors: [], runs: [], edits: [], usage: [] };

function factsOf(facts: Facts, isFresh: (recordId: string) => boolean): Facts {
  const keep = <Fact extends { readonly recordId: string }>(all: readonly Fact[]) =>
    all.filter((fact) => isFresh(fact.recordId));
  return {
    tasks: keep(facts.tasks),
    errors: keep(facts.errors),
    runs: keep(facts.runs),
    edits: keep(facts.edits),
    usage: keep(facts.usage),
  };
}

interface Placing {
  readonly facts: Facts;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly places: Places;
}

/** By place, as an index of words is written quickest in its own order. */
async function placeRecords(
  records: readonly TrackedRecord[],
  { facts, sessions, places }: Placing,
): Promise<PlannedRecord[]> {
  const byRecord = groupFacts(facts);
  const placed: PlannedRecord[] = [];
  for (const record of records) {
    placed.push({
      place: await places.take(record.at),
      record,
      project: sessions.get(record.sessionId)?.project ?? "",
      facts: byRecord.get(record.id) ?? NO_FACTS,
    });
  }
  return placed.sort((one, other) => one.place - other.place);
}

type Lists = { [Kind in keyof Facts]: Facts[Kind][number][] };

function groupFacts(facts: Facts): Map<string, Facts> {
  const groups = new Map<string, Lists>();
  for (const [kind, all] of Object.entries(facts) as [keyof Facts, Facts[keyof Facts]][]) {
    for (const fact of all) {
      const lists = groups.get(fact.recordId) ?? emptyLists();
      groups.set(fact.recordId, lists);
      (lists[kind] as unknown[]).push(fact);
    }
  }
  return groups;
}

const emptyLists = (): Lists => ({ tasks: [], errors: [], runs: [], edits: [], usage: [] });

function planTasks(facts: Facts, known: Known): Map<string, TaskState> {
  const states = new Map<string, TaskState>();
  for (const fact of facts.tasks) {
    const id = known.aliases.get(fact.taskId) ?? fact.taskId;
    const state = states.get(id) ?? known.tasks.get(id);
    states.set(id, foldTask(state, { ...fact, taskId: id }));
  }
  return states;
}

function planGroups(facts: Facts, known: Known) {
  const states = new Map<string, ErrorGroup>();
  const fresh: string[] = [];
  const regressed: string[] = [];
  for (const fact of facts.errors) {
    const before = states.get(fact.group) ?? known.groups.get(fact.group);
    const after = foldError(before, fact);
    if (!before) fresh.push(fact.group);
    if (before && before.regressions < after.regressions) regressed.push(fact.group);
    states.set(fact.group, after);
  }
  return { states, fresh, regressed };
}

function planSessions(
  batch: Batch,
  fresh: ReadonlyMap<string, TrackedRecord>,
  facts: Facts,
  known: Known,
): Map<string, Session> {
  const states = new Map<string, Mutable<Session>>();
  const stateOf = (id: string, at: number) => {
    let state = states.get(id);
    if (!state) {
      state = {
        ...(known.sessions.get(id) ?? {
          id,
          project: "",
          firstAt: at,
          lastAt: at,
          records: 0,
          errors: 0,
        }),
      };
      states.set(id, state);
    }
    return state;
  };
  for (const { sessionId, at, session } of fresh.values()) {
    const state = stateOf(sessionId, at);
    Object.assign(state, session);
    state.firstAt = Math.min(state.firstAt, at);
    state.lastAt = Math.max(state.lastAt, at);
    state.records += 1;
  }
  // Of a session without any record nothing is known but its name; it waits for the first.
  for (const [id, told] of batch.sessions) {
    if (states.has(id) || known.sessions.has(id)) Object.assign(stateOf(id, 0), told);
  }
  for (const { sessionId, at } of facts.errors) stateOf(sessionId, at).errors += 1;
  return states;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
