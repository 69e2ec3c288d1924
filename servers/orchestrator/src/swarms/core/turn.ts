import { type JsonObject, TrestleError } from "@trestle/protocol";
import { BOUNDS } from "../bounds.ts";
import type { AgentRecord, RecordKind, Records, SwarmRecord, TaskRecord } from "../model.ts";
import type { Change } from "../swarm-store.ts";
import type { SwarmEvent } from "../swarms.ts";
import type { Moment } from "./moment.ts";
import { applyChange, type Sign, type SwarmState, swarmOf } from "./state.ts";

/**
 * One decision about a swarm: what it changes is seen at once by what follows in the same turn, and is undone where
 * the turn throws. Nothing of it is stored or told before it is over.
 */
export interface Turn {
  readonly state: SwarmState;
  readonly at: Moment;
  readonly swarm: SwarmRecord;
  put<Kind extends RecordKind>(kind: Kind, id: string, record: Records[Kind]): void;
  remove(kind: RecordKind, id: string): void;
  /** Changes these facts of the swarm's own record. */
  update(facts: Partial<SwarmRecord>): void;
  /** The next number of the swarm. */
  next(): number;
  task(id: string): TaskRecord;
  agent(id: string): AgentRecord;
  tell(event: Omit<SwarmEvent, "at">): void;
}

export interface Decided<Answer> {
  readonly answer: Answer;
  readonly changes: readonly Change[];
  readonly events: readonly SwarmEvent[];
  /** Makes the state what it was before, where what came after is undone already. */
  readonly undo: () => void;
}

/** Makes a decision in a state, or leaves the state as it was and throws. */
export function takeTurn<Answer>(
  state: SwarmState,
  at: Moment,
  decide: (turn: Turn) => Answer,
): Decided<Answer> {
  const steps: (() => void)[] = [];
  const changes = new Map<string, Change>();
  const events: SwarmEvent[] = [];

  function set(change: Change): void {
    const { kind, id } = change;
    const before = { kind, id, record: state.records[kind].get(id) ?? null } as Change;
    const signs = signsOf(state, kind, id);
    steps.push(() => {
      applyChange(state, before, at.tick);
      for (const [name, sign] of signs) if (sign !== undefined) state.seen.set(name, sign);
    });
    applyChange(state, change, at.tick);
    changes.set(`${kind} ${id}`, change);
  }

  function undo(): void {
    for (const back of steps.toReversed()) back();
  }

  const turn: Turn = {
    state,
    at,
    get swarm() {
      return swarmOf(state);
    },
    put: (kind, id, record) => set({ kind, id, record } as Change),
    remove: (kind, id) => set({ kind, id, record: null }),
    update: (facts) => set({ kind: "swarm", id: "", record: { ...turn.swarm, ...facts } }),
    next() {
      const seq = turn.swarm.seq + 1;
      turn.update({ seq });
      return seq;
    },
    task: (id) => found(state.records.task.get(id), `task ${id}`, "get_results"),
    agent: (id) => found(state.records.agent.get(id), `agent ${id}`, "get_swarm"),
    tell: (event) => events.push({ ...event, at: at.wall }),
  };

  try {
    const answer = decide(turn);
    return { answer, changes: [...changes.values()], events, undo };
  } catch (error) {
    undo();
    throw error;
  }
}

/** What comes with time or a verdict may go past the bound by so much, or a full swarm could not go on. */
const ALLOWANCE = 20_000;

/** Throws `rate_limited` where a call made the swarm larger than it may be; give its size before. */
export function checkSize({ state }: Pick<Turn, "state">, before: number): void {
  if (state.size <= BOUNDS.total || state.size - before <= ALLOWANCE) return;
  throw tooMuch("total", `The swarm holds ${BOUNDS.total} characters`, "Destroy it, or use files");
}

const SIGNS: { readonly [Kind in RecordKind]?: readonly string[] } = {
  agent: ["agent", "asks"],
  task: ["lease", "held", "voting"],
  reservation: ["reservation"],
};

function signsOf({ seen }: SwarmState, kind: RecordKind, id: string): [string, Sign | undefined][] {
  return (SIGNS[kind] ?? []).map((of) => [`${of} ${id}`, seen.get(`${of} ${id}`)]);
}

function found<Kept>(record: Kept | undefined, what: string, where: string): Kept {
  if (record !== undefined) return record;
  throw new TrestleError("not_found", `This swarm has no ${what}; ${where} shows those there are`);
}

/** One of the bounds of a swarm is reached. */
export function tooMuch(bound: string, what: string, next: string, details: JsonObject = {}) {
  return new TrestleError("rate_limited", `${what}, which is all it may. ${next}`, {
    retryable: false,
    details: { bound, ...details },
  });
}

export function refused(code: "conflict" | "denied" | "invalid_input", message: string) {
  return new TrestleError(code, message);
}
