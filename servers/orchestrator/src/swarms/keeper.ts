import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import { createAttention } from "./attention.ts";
import type { Moment } from "./core/moment.ts";
import { applyChange, createSwarmState, type SwarmState, swarmOf } from "./core/state.ts";
import { checkSpent, nextDue, sweep } from "./core/sweep.ts";
import { checkSize, type Turn, takeTurn } from "./core/turn.ts";
import { closedError, isConflict, noSwarm } from "./refusals.ts";
import type { Change, LoadedSwarm, StoredSwarm, SwarmStore } from "./swarm-store.ts";
import type { SwarmEvent } from "./swarms.ts";
import { createWaiters, type Waiters } from "./waiters.ts";

export interface KeeperParts {
  readonly store: SwarmStore;
  readonly clock: Clock;
  /** Milliseconds of this process, which never jump: `performance.now`. */
  readonly tick: () => number;
  readonly log: Logger;
  /**
   * After each durable change of a swarm that this process watches, and when it begins to; must not throw. Gives by
   * which tick to look again.
   */
  readonly onChange: (state: SwarmState, at: Moment) => number | undefined;
  /** Another process watches it from now on, or it is gone. */
  readonly onUnwatched: (state: SwarmState, isGone: boolean) => void;
  /** Told what is durable. */
  readonly onEvent: (swarmId: string, event: SwarmEvent) => void;
}

/** Swarms in memory: loaded when asked for, changed turn by turn, and swept when something lapses. */
export interface Keeper {
  /** Throws `conflict` where the id is taken. */
  create(swarm: Omit<StoredSwarm, "watched">, changes: readonly Change[]): Promise<void>;
  /** Decides, and resolves when that is durable. Throws `not_found` without such a swarm. */
  turn<Answer>(swarmId: string, decide: (turn: Turn) => Answer): Promise<Answer>;
  /** See `Waiters`. */
  readonly changes: Waiters["changes"];
  readonly changed: Waiters["changed"];
  remove(swarmId: string): Promise<boolean>;
  /** Loads what has to be watched; gives the number. */
  recover(): Promise<number>;
  /** Ends all waiting. */
  closing(): void;
  /** Waits for what is being stored. The store stays open. */
  close(): Promise<void>;
}

interface Loaded {
  readonly id: string;
  readonly state: SwarmState;
  /** Of the state, with what is decided and not yet durable. */
  version: number;
  readonly storing: Set<Promise<void>>;
  /** When there is something to sweep, and to look at anew, by our tick. */
  due: number;
  lookAt: number;
}

/** How often a decision is made again because somebody else was quicker. */
const TRIES = 20;
/** How many swarms that nobody asks for stay in memory. */
const KEPT = 64;
/** How long after a failure before it is swept again. */
const REST_MS = 1_000;
/** Timers cannot be longer. */
const LONGEST_MS = 2 ** 31 - 1;

export function createKeeper(parts: KeeperParts): Keeper {
  const { store, clock, log } = parts;
  const { tick, woke } = createAttention(parts.tick);
  const loading = new Map<string, Promise<Loaded>>();
  const loadedNow = new Map<string, Loaded>();
  const waiters = createWaiters(clock);
  /** Of commits, other than that somebody was quicker: what was to be stored may be, so nothing is tried again. */
  const failures = new WeakSet<Error>();
  const now = (): Moment => ({ wall: clock.now(), tick: tick() });
  let cancelTimer = () => {};
  let armedFor = Number.POSITIVE_INFINITY;
  let restUntil = 0;
  let closed = false;

  function loadedOf(id: string): Promise<Loaded> {
    if (closed) return Promise.reject(closedError());
    const found = loading.get(id) ?? load(id, undefined);
    loading.delete(id); // put back at the end: the first is the one asked for longest ago
    loading.set(id, found);
    return found;
  }

  /** From the store; what was seen of it before stays seen. */
  function load(id: string, before: Loaded | undefined): Promise<Loaded> {
    const attempt = (async () => {
      await Promise.allSettled(before?.storing ?? []);
      const stored = await store.load(id);
      if (stored === undefined) throw noSwarm(id);
      const state = createSwarmState();
      for (const [name, sign] of before?.state.seen ?? []) state.seen.set(name, sign);
      const due = Number.POSITIVE_INFINITY;
      const loaded: Loaded = { id, state, version: 0, storing: new Set(), due, lookAt: due };
      apply(loaded, stored);
      loadedNow.set(id, loaded);
      look(loaded);
      makeRoom();
      return loaded;
    })();
    loading.set(id, attempt);
    attempt.catch(() => {
      if (loading.get(id) === attempt) forget(id);
    });
    return attempt;
  }

  function apply(loaded: Loaded, { version, changes }: LoadedSwarm): void {
    const at = tick();
    for (const change of changes) applyChange(loaded.state, change, at);
    loaded.version = version;
  }

  function forget(id: string): void {
    loading.delete(id);
    loadedNow.delete(id);
  }

  /** What is in memory is not what is stored: it is thrown away, and loaded anew by whoever comes next. */
  function discard(loaded: Loaded): void {
    if (loadedNow.get(loaded.id) !== loaded) return;
    forget(loaded.id);
    if (!closed) load(loaded.id, loaded).catch(() => {});
  }

  /** At once in memory; resolves when it is durable. */
  async function decide<Answer>(loaded: Loaded, make: (turn: Turn) => Answer): Promise<Answer> {
    const { answer, changes, events } = takeTurn(loaded.state, now(), make);
    schedule(loaded);
    if (changes.length === 0) {
      // What was seen may not be durable yet, and is not told before it is.
      await Promise.all(loaded.storing);
      return answer;
    }
    const after = loaded.version;
    loaded.version += 1;
    const stored = store.commit(loaded.id, { after, changes, watched: isWatched(loaded) });
    loaded.storing.add(stored);
    try {
      await stored;
    } catch (error) {
      discard(loaded);
      if (!isConflict(error)) failures.add(error as Error);
      throw error;
    } finally {
      loaded.storing.delete(stored);
    }
    for (const event of events) parts.onEvent(loaded.id, event);
    look(loaded);
    waiters.tell(loaded.id);
    return answer;
  }

  function isWatched({ state, due }: Loaded): boolean {
    return (
      due < Number.POSITIVE_INFINITY || state.checking.size > 0 || swarmOf(state).crew !== undefined
    );
  }

  function look(loaded: Loaded): void {
    loaded.lookAt = parts.onChange(loaded.state, now()) ?? Number.POSITIVE_INFINITY;
    schedule(loaded);
  }

  /** One timer for all swarms, for what is due first. */
  function schedule(loaded: Loaded): void {
    const before = loaded.due;
    loaded.due = nextDue(loaded.state, now());
    const isFirst = Math.min(loaded.due, loaded.lookAt) < armedFor;
    const isOver = loaded.due === Number.POSITIVE_INFINITY && before !== loaded.due;
    if (isFirst || isOver) arm();
  }

  function arm(): void {
    cancelTimer();
    armedFor = Number.POSITIVE_INFINITY;
    for (const { due, lookAt } of loadedNow.values()) armedFor = Math.min(armedFor, due, lookAt);
    if (closed || armedFor === Number.POSITIVE_INFINITY) return;
    const ms = Math.min(LONGEST_MS, Math.max(1, Math.ceil(Math.max(armedFor, restUntil) - tick())));
    const planned = tick() + ms;
    cancelTimer = clock.after(ms, () => {
      woke(planned);
      for (const loaded of [...loadedNow.values()]) sweepDue(loaded);
      arm();
    });
  }

  function sweepDue(loaded: Loaded): void {
    const at = tick();
    if (loaded.lookAt <= at) look(loaded);
    if (loaded.due > at) return;
    decide(loaded, sweep).catch((error) => {
      if (isConflict(error)) return;
      // The disk may be full: it would not be less so in a millisecond.
      restUntil = tick() + REST_MS;
      log.error("a swarm cannot be swept", { swarm: loaded.id, error: messageOf(error) });
    });
  }

  function makeRoom(): void {
    for (const [id, { due, lookAt, storing }] of loadedNow) {
      if (loadedNow.size <= KEPT) return;
      const isNeeded = Math.min(due, lookAt) < Number.POSITIVE_INFINITY || storing.size > 0;
      if (!isNeeded && !waiters.has(id)) forget(id);
    }
  }

  return {
    async create(swarm, changes) {
      if (closed) throw closedError();
      await store.create({ ...swarm, watched: true }, changes);
      await loadedOf(swarm.id);
    },
    async turn(id, make) {
      for (let tries = 1; ; tries += 1) {
        const loaded = await loadedOf(id);
        if (loaded.due <= tick()) sweepDue(loaded);
        try {
          return await decide(loaded, (turn) => {
            const before = turn.state.size;
            const answer = make(turn);
            checkSize(turn, before);
            checkSpent(turn);
            return answer;
          });
        } catch (error) {
          // A refusal may stand on what does not become durable, where somebody else was quicker.
          await Promise.allSettled(loaded.storing);
          const isOurs = loadedNow.get(id) === loaded || failures.has(error as Error);
          if (isOurs || tries >= TRIES) throw error;
        }
      }
    },
    changes: waiters.changes,
    changed: waiters.changed,
    async remove(id) {
      const loaded = await loadedOf(id).catch(() => undefined);
      forget(id);
      await Promise.allSettled(loaded?.storing ?? []);
      const removed = await store.remove(id);
      waiters.tell(id);
      return removed;
    },
    async recover() {
      let count = 0;
      for (let beforeId: string | undefined; ; ) {
        const page = await store.list({
          watched: true,
          limit: 100,
          ...(beforeId ? { beforeId } : {}),
        });
        for (const { id } of page) {
          beforeId = id;
          await loadedOf(id).catch((error) =>
            log.error("a swarm cannot be watched", { swarm: id, error: messageOf(error) }),
          );
        }
        count += page.length;
        if (page.length < 100) return count;
      }
    },
    closing: waiters.end,
    async close() {
      closed = true;
      cancelTimer();
      waiters.end();
      const all = [...loadedNow.values()].flatMap(({ storing }) => [...storing]);
      await Promise.allSettled([...loading.values(), ...all]);
    },
  };
}
