import type { Moment } from "../core/moment.ts";
import type { SwarmState } from "../core/state.ts";
import { checkSpent, sweep } from "../core/sweep.ts";
import { checkSize, type Decided, type Turn, takeTurn } from "../core/turn.ts";
import type { Change } from "../swarm-store.ts";
import type { SwarmEvent } from "../swarms.ts";

/** A turn that somebody asked for, and waits for. */
export interface AskedTurn {
  readonly make: (turn: Turn) => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Turns that were decided one after the other, and become durable together or not at all. */
export interface DecidedTurns {
  readonly changes: readonly Change[];
  readonly events: readonly SwarmEvent[];
  /** Tells each who asked what came of it; only once it is durable. */
  answer(): void;
  undo(): void;
}

/** Decides them in their order, after what is due. A refusal is told, and stands in nobody's way. */
export function decideTurns(
  state: SwarmState,
  at: Moment,
  { asked, sweeps }: { readonly asked: readonly AskedTurn[]; readonly sweeps: boolean },
): DecidedTurns {
  const decided: Decided<unknown>[] = [];
  const answers: (() => void)[] = [];
  if (sweeps) decided.push(takeTurn(state, at, sweep));
  for (const { make, resolve, reject } of asked) {
    try {
      const turn = takeTurn(state, at, (turn) => bounded(turn, make));
      decided.push(turn);
      answers.push(() => resolve(turn.answer));
    } catch (error) {
      answers.push(() => reject(error));
    }
  }
  const changes = new Map<string, Change>();
  for (const each of decided) {
    for (const change of each.changes) changes.set(`${change.kind} ${change.id}`, change);
  }
  return {
    changes: [...changes.values()],
    events: decided.flatMap(({ events }) => events),
    answer() {
      for (const tell of answers) tell();
    },
    undo() {
      for (const { undo } of decided.toReversed()) undo();
    },
  };
}

function bounded(turn: Turn, make: (turn: Turn) => unknown): unknown {
  const before = turn.state.size;
  const answer = make(turn);
  checkSize(turn, before);
  checkSpent(turn);
  return answer;
}
