import { messageOf } from "@trestle/protocol";
import { createAttention } from "../attention.ts";
import type { Moment } from "../core/moment.ts";
import type { SwarmState } from "../core/state.ts";
import type { Turn } from "../core/turn.ts";
import type { Keeper, KeeperParts } from "../keeper.ts";
import { closedError } from "../refusals.ts";
import type { SharedSwarms } from "../swarm-store.ts";
import { createWaiters } from "../waiters.ts";
import { type Followed, follow } from "./followed.ts";
import { createWatch } from "./watch.ts";

export interface SharedKeeperParts extends KeeperParts {
  readonly shared: SharedSwarms;
  /** How long after its last sign a process that watches is taken for dead. */
  readonly watchMs: number;
}

/** How many swarms that nobody asks for stay in memory. */
const KEPT = 64;
/** How long after a failure before it is swept again. */
const REST_MS = 1_000;
/** Timers are never finer than this, and cannot be longer. */
const LEAST_MS = 5;
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Swarms that many processes change. Each has what it is asked for in memory, and reads what is new before it decides;
 * one of them watches over a swarm: it sweeps it, checks its results and runs its crew.
 */
export function createSharedKeeper(parts: SharedKeeperParts): Keeper {
  const { store, shared, clock, log, watchMs } = parts;
  const { tick, woke } = createAttention(parts.tick);
  const following = new Map<string, Promise<Followed>>();
  const followed = new Map<string, Followed>();
  /** When to look at each again. */
  const lookAt = new Map<string, number>();
  const waiters = createWaiters(clock);
  const now = (): Moment => ({ wall: clock.now(), tick: tick() });
  let cancelTimer = () => {};
  let restUntil = 0;
  let closed = false;
  const watch = createWatch({
    shared,
    clock,
    // Others count the time as well for which this process is stopped.
    tick: parts.tick,
    ms: watchMs,
    log,
    onTaken: (id) => void begin(id),
    onLost: (id) => {
      lookAt.delete(id);
      const lost = followed.get(id);
      if (lost !== undefined) parts.onUnwatched(lost.state(), false);
    },
    onLooked: () => void catchUp(),
  });
  shared.listen((id, version) => {
    const each = followed.get(id);
    if (each !== undefined) each.behind(version);
    else waiters.tell(id);
  });

  function followedOf(id: string): Promise<Followed> {
    if (closed) return Promise.reject(closedError());
    const found = following.get(id) ?? start(id);
    following.delete(id); // put back at the end: the first is the one asked for longest ago
    following.set(id, found);
    return found;
  }

  function start(id: string): Promise<Followed> {
    const attempt = follow({
      id,
      store,
      shared,
      now,
      isEager: () => watch.isOurs(id) || waiters.has(id),
      onChanged: () => changed(id),
      onEvent: (event) => parts.onEvent(id, event),
      onGone: () => gone(id),
      onFailed(error) {
        // The database may be gone: it would not be back in a millisecond.
        restUntil = tick() + REST_MS;
        log.error("a swarm cannot be looked after", { swarm: id, error: messageOf(error) });
      },
    });
    attempt.then(
      (made) => {
        if (following.get(id) !== attempt) return;
        followed.set(id, made);
        look(id);
        makeRoom();
      },
      () => {
        if (following.get(id) === attempt) following.delete(id);
      },
    );
    return attempt;
  }

  /** What this process has to watch it has in memory, whoever asks for it. */
  async function begin(id: string): Promise<void> {
    try {
      const begun = await followedOf(id);
      begun.behind();
      look(id);
    } catch (error) {
      if (!closed) log.warn("a swarm cannot be watched", { swarm: id, error: messageOf(error) });
    }
  }

  function changed(id: string): void {
    waiters.tell(id);
    look(id);
  }

  function look(id: string): void {
    const looked = followed.get(id);
    if (looked === undefined || closed) return;
    const isOurs = watch.isOurs(id);
    if (isOurs) {
      lookAt.set(id, parts.onChange(looked.state(), now()) ?? Number.POSITIVE_INFINITY);
    }
    arm();
  }

  function forget(id: string): SwarmState | undefined {
    const state = followed.get(id)?.state();
    following.delete(id);
    followed.delete(id);
    lookAt.delete(id);
    return state;
  }

  function gone(id: string): void {
    const state = forget(id);
    if (state !== undefined) parts.onUnwatched(state, true);
    waiters.tell(id);
  }

  /** One timer for all swarms, for what is due first. */
  function arm(): void {
    cancelTimer();
    if (closed) return;
    let first = Number.POSITIVE_INFINITY;
    for (const [id, { due }] of followed) {
      if (watch.isOurs(id)) first = Math.min(first, due(), lookAt.get(id) ?? first);
    }
    if (first === Number.POSITIVE_INFINITY) return;
    const ms = Math.min(
      LONGEST_MS,
      Math.max(LEAST_MS, Math.ceil(Math.max(first, restUntil) - tick())),
    );
    const planned = tick() + ms;
    cancelTimer = clock.after(ms, () => {
      woke(planned);
      for (const [id, each] of [...followed]) attend(id, each);
      arm();
    });
  }

  function attend(id: string, each: Followed): void {
    if (!watch.isOurs(id)) return;
    if (each.due() <= tick()) each.sweep();
    if ((lookAt.get(id) ?? Number.POSITIVE_INFINITY) <= tick()) look(id);
  }

  /** What was told and not heard is found here. */
  async function catchUp(): Promise<void> {
    const wanted = [...followed.keys()].filter((id) => watch.isOurs(id) || waiters.has(id));
    if (wanted.length === 0) return;
    try {
      const versions = await shared.versions(wanted);
      for (const id of wanted) followed.get(id)?.behind(versions.get(id));
    } catch (error) {
      log.debug("it is not known what others did", { error: messageOf(error) });
    }
    arm();
  }

  function makeRoom(): void {
    for (const [id, each] of followed) {
      if (followed.size <= KEPT) return;
      if (!watch.isOurs(id) && !waiters.has(id) && !each.isBusy()) forget(id);
    }
  }

  return {
    async create(swarm, changes) {
      if (closed) throw closedError();
      await store.create({ ...swarm, watched: true }, changes);
      await followedOf(swarm.id);
      // Whoever made it watches it, unless somebody else was quicker.
      await watch.look();
      if (!watch.isOurs(swarm.id)) await watch.look(); // that look began before there was anything to see
    },
    async turn<Answer>(id: string, make: (turn: Turn) => Answer): Promise<Answer> {
      return (await (await followedOf(id)).turn(make)) as Answer;
    },
    changes: waiters.changes,
    changed(id, waiting) {
      const changed = waiters.changed(id, waiting);
      followed.get(id)?.nudge();
      return changed;
    },
    async remove(id) {
      const removed = await store.remove(id);
      forget(id);
      shared.tell(id);
      waiters.tell(id);
      return removed;
    },
    recover: watch.look,
    closing: waiters.end,
    async close() {
      closed = true;
      cancelTimer();
      waiters.end();
      await Promise.allSettled(following.values());
      await Promise.allSettled([...followed.values()].map((each) => each.idle()));
      await watch.close();
    },
  };
}
