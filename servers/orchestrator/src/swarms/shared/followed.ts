import type { Moment } from "../core/moment.ts";
import { applyChange, createSwarmState, type SwarmState, swarmOf } from "../core/state.ts";
import { nextDue } from "../core/sweep.ts";
import { noSwarm } from "../refusals.ts";
import type { LoadedSwarm, SharedSwarms, SwarmStore } from "../swarm-store.ts";
import type { SwarmEvent } from "../swarms.ts";
import { type AskedTurn, type DecidedTurns, decideTurns } from "./asked-turns.ts";

export interface FollowedParts {
  readonly id: string;
  readonly store: SwarmStore;
  readonly shared: SharedSwarms;
  readonly now: () => Moment;
  /** Is it wanted to know at once what others do? */
  readonly isEager: () => boolean;
  /** It is not as it was, by this process or by others; all of it is durable. */
  readonly onChanged: () => void;
  readonly onEvent: (event: SwarmEvent) => void;
  /** It is no more; nothing else comes after that. */
  readonly onGone: () => void;
  /** What was due, or known to be newer, could not be done. */
  readonly onFailed: (error: unknown) => void;
}

/** One swarm in the memory of one of many processes. */
export interface Followed {
  readonly state: () => SwarmState;
  /** When there is something to sweep, by our tick. */
  readonly due: () => number;
  turn(make: AskedTurn["make"]): Promise<unknown>;
  /** Others are further; without a version, perhaps. */
  behind(version?: number): void;
  /** Does what is due. */
  sweep(): void;
  /** Somebody wants to know at once, from now on. */
  nudge(): void;
  isBusy(): boolean;
  idle(): Promise<void>;
}

/** So many turns become durable together. */
const MOST = 64;
const REST_MS = 500;

/** Turns wait in one line, and are decided in bundles, each while no other process decides. */
export async function follow(parts: FollowedParts): Promise<Followed> {
  const { id, store, shared, now } = parts;
  let state = createSwarmState({ isShared: true });
  let version = 0;
  let due = Number.POSITIVE_INFINITY;
  let asked: AskedTurn[] = [];
  let isBehind = false;
  let isSweepDue = false;
  let isSweeping = false;
  let isGone = false;
  let working: Promise<void> | undefined;

  /** Gives whether there was anything new. */
  function apply(news: LoadedSwarm | undefined, askedAt: number): boolean {
    if (news === undefined) throw noSwarm(id);
    if (news.isWhole && version > 0) state = anew(state);
    const { tick } = now();
    for (const change of news.changes) applyChange(state, change, tick);
    state.freshAt = askedAt;
    const isNews = news.version > version;
    version = news.version;
    due = nextDue(state, now());
    return isNews;
  }

  async function refresh(): Promise<void> {
    isBehind = false;
    const askedAt = now().tick;
    if (apply(await store.load(id, version), askedAt)) parts.onChanged();
  }

  async function decide(): Promise<void> {
    const bundle = asked.slice(0, MOST);
    asked = asked.slice(MOST);
    isSweeping = isSweepDue;
    isSweepDue = false;
    isBehind = false;
    let decided: DecidedTurns | undefined;
    let isNews = false;
    try {
      await shared.alone(id, async (held) => {
        decided?.undo();
        decided = undefined;
        const askedAt = now().tick;
        isNews = apply(await held.load(id, version), askedAt) || isNews;
        const sweeps = isSweeping && (await held.isWatching(id));
        const made = decideTurns(state, now(), { asked: bundle, sweeps });
        decided = made;
        due = nextDue(state, now());
        // Whoever watches in our place does what is due, until it is known here that we do not.
        if (isSweeping && !sweeps) due = Math.max(due, now().tick + REST_MS);
        const { changes } = made;
        if (changes.length > 0) {
          await held.commit(id, { after: version, changes, watched: isWatched(state, due) });
        }
      });
    } catch (error) {
      undo(decided);
      for (const { reject } of bundle) reject(error);
      if (isNews && !isMissing(error)) parts.onChanged();
      throw error;
    }
    finish(decided, isNews);
  }

  function undo(decided: DecidedTurns | undefined): void {
    decided?.undo();
    due = nextDue(state, now());
  }

  function finish(decided: DecidedTurns | undefined, isNews: boolean): void {
    const isChanged = decided !== undefined && decided.changes.length > 0;
    if (isChanged) {
      version += 1;
      shared.tell(id, version);
    }
    for (const event of decided?.events ?? []) parts.onEvent(event);
    if (isChanged || isNews) parts.onChanged();
    decided?.answer();
  }

  function hasWork(): boolean {
    return !isGone && (asked.length > 0 || isSweepDue || (isBehind && parts.isEager()));
  }

  async function work(): Promise<void> {
    while (hasWork()) {
      try {
        if (asked.length > 0 || isSweepDue) await decide();
        else await refresh();
        isSweeping = false;
      } catch (error) {
        if (isMissing(error)) end();
        else parts.onFailed(error);
      }
    }
  }

  function end(): void {
    isGone = true;
    for (const { reject } of asked) reject(noSwarm(id));
    asked = [];
    parts.onGone();
  }

  function start(): void {
    working ??= work().finally(() => {
      isSweeping = false;
      working = undefined;
      if (hasWork()) start();
    });
  }

  const askedAt = now().tick;
  apply(await store.load(id), askedAt);
  return {
    state: () => state,
    due: () => due,
    turn(make) {
      if (isGone) return Promise.reject(noSwarm(id));
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      asked.push({ make, resolve, reject });
      start();
      return promise;
    },
    behind(newest) {
      if (newest !== undefined && newest <= version) return;
      isBehind = true;
      if (parts.isEager()) start();
    },
    sweep() {
      if (isSweeping) return;
      isSweepDue = true;
      start();
    },
    nudge() {
      if (hasWork()) start();
    },
    isBusy: () => working !== undefined,
    idle: async () => working,
  };
}

function isWatched(state: SwarmState, due: number): boolean {
  return (
    due < Number.POSITIVE_INFINITY || state.checking.size > 0 || swarmOf(state).crew !== undefined
  );
}

/** Without records, and with what this process has seen. */
function anew(before: SwarmState): SwarmState {
  const state = createSwarmState({ isShared: true });
  for (const [name, sign] of before.seen) state.seen.set(name, sign);
  return state;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "not_found";
}
