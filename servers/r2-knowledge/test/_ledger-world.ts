import { setImmediate as turn } from "node:timers/promises";
import { type ManualClock, manualClock, type SeededRandom } from "@trestle/testkit/surroundings";
import { type ObjectStore, ObjectStoreError } from "../src/object-store/object-store.ts";
import { type StoreRequest, watchedStore } from "./_ledger-watched-store.ts";

interface Pending {
  readonly process: number;
  readonly request: StoreRequest;
  readonly execute: () => Promise<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How often things go wrong, as shares of all requests. */
export interface Troubles {
  /** Refused before anything happened. */
  readonly refused: number;
  /** Done, and the answer got lost. */
  readonly lost: number;
  /** Answered as lost, and done at some later time. */
  readonly late: number;
  /** The process that asked dies, before or after it was done. */
  readonly killed: number;
}

/** A store and its processes, whose requests are answered one at a time, in an order by chance. */
export interface World {
  readonly clock: ManualClock;
  /** The store as one more process sees it. */
  join(onKilled: () => void): ObjectStore;
  /** Answers requests until the work is done. */
  drive(work: Promise<unknown>, troubles: Troubles): Promise<void>;
  /** Does what was answered as lost and is still under way. */
  settle(): Promise<void>;
}

export const NO_TROUBLES: Troubles = { refused: 0, lost: 0, late: 0, killed: 0 };
const IDLE_TURNS = 40;
const MAX_PAUSE_MS = 1_000;

export function createWorld(store: ObjectStore, random: SeededRandom): World {
  const clock = manualClock();
  const pending: Pending[] = [];
  const late: Pending[] = [];
  const killed = new Map<number, () => void>();
  let processes = 0;
  let slow: number | undefined;

  function take(from: Pending[]): Pending | undefined {
    const [taken] = from.splice(random.below(from.length), 1);
    return taken;
  }

  /** One of the waiting; now and then the requests of one process wait for long. */
  function takeNext(): Pending | undefined {
    if (random.next() < 0.02) slow = random.pick(pending)?.process;
    const others = pending.filter(({ process }) => process !== slow);
    if (others.length === 0 || random.next() < 0.02) return take(pending);
    const next = random.pick(others);
    pending.splice(pending.indexOf(next), 1);
    return next;
  }

  async function kill(victim: Pending): Promise<void> {
    killed.get(victim.process)?.();
    killed.delete(victim.process);
    const theirs = [victim, ...pending.filter(({ process }) => process === victim.process)];
    for (const each of theirs) {
      const at = pending.indexOf(each);
      if (at >= 0) pending.splice(at, 1);
      if (random.next() < 0.5) await each.execute().catch(() => {});
    }
  }

  async function answer(one: Pending, troubles: Troubles): Promise<void> {
    let chance = random.next();
    const falls = (share: number) => {
      chance -= share;
      return chance < 0;
    };
    const isWrite = one.request.name === "put" || one.request.name === "delete";
    if (falls(troubles.killed) && killed.has(one.process)) await kill(one);
    else if (falls(troubles.refused)) one.reject(refusal(random));
    else if (falls(troubles.lost)) {
      await one.execute().catch(() => {});
      one.reject(unanswered(isWrite));
    } else if (isWrite && falls(troubles.late)) {
      late.push(one);
      one.reject(unanswered(isWrite));
    } else await one.execute().then(one.resolve, one.reject);
  }

  return {
    clock,
    join(onKilled) {
      processes += 1;
      const process = processes;
      killed.set(process, onKilled);
      return watchedStore(
        store,
        (request, execute) =>
          new Promise((resolve, reject) => {
            pending.push({ process, request, execute, resolve: resolve as never, reject });
          }),
      );
    },
    async drive(work, troubles) {
      let isDone = false;
      const end = () => {
        isDone = true;
      };
      work.then(end, end);
      for (let idle = 0; !isDone; idle += 1) {
        await turn();
        if (troubles !== NO_TROUBLES && random.next() < 0.1) {
          clock.advance(random.below(MAX_PAUSE_MS));
        }
        if (late.length > 0 && random.next() < 0.1)
          await take(late)
            ?.execute()
            .catch(() => {});
        const one = takeNext();
        if (one !== undefined) {
          await answer(one, troubles);
          idle = 0;
        } else if (idle > IDLE_TURNS) clock.advance(clock.next() ?? 0);
      }
      await work;
    },
    async settle() {
      while (late.length > 0)
        await take(late)
          ?.execute()
          .catch(() => {});
    },
  };
}

function refusal(random: SeededRandom): ObjectStoreError {
  const code = random.pick(["throttled", "unavailable"] as const);
  return new ObjectStoreError(code, "not now");
}

function unanswered(isWrite: boolean): ObjectStoreError {
  return new ObjectStoreError(isWrite ? "outcome_unknown" : "unavailable", "no answer");
}
