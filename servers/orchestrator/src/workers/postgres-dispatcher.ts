import type { Clock } from "@trestle/protocol";
import type { Postgres } from "../runs/postgres/postgres.ts";
import type { Dispatcher, TakeTasks } from "./dispatcher.ts";

const CHANNEL = "trestle_ready";
/** How long a worker sleeps that was told nothing. */
const LOOK_MS = 1_000;
const CLAIMED_AT_ONCE = 50;

/** Workers are woken by the database, and take what waits longest. */
export function createPostgresDispatcher(postgres: Postgres, clock: Clock): Dispatcher {
  let free = 0;
  let looking = false;
  let again = false;
  let closed = false;
  let clear = () => {};
  let take: TakeTasks | undefined;

  /** Fetches as long as there is something and somebody is free. */
  async function look(): Promise<void> {
    if (looking || closed || take === undefined) {
      again = true;
      return;
    }
    looking = true;
    do {
      again = false;
      const most = Math.min(free, CLAIMED_AT_ONCE);
      if (most > 0) await fetch(most, take);
    } while (again && !closed);
    looking = false;
    clear();
    clear = clock.after(LOOK_MS, () => void look());
  }

  /** Goes on once it is known how many were claimed; whoever does them frees their places. */
  function fetch(most: number, takeTasks: TakeTasks): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    free -= most;
    const freed = (count: number) => {
      free += count;
      if (count > 0) void look();
    };
    takeTasks({
      most,
      onClaimed(count) {
        again ||= count === most;
        free += most - count;
        resolve();
      },
      onEnded: () => freed(1),
    }).catch(() => {
      free += most;
      resolve();
    });
    return promise;
  }

  return {
    async announce(tasks) {
      if (tasks.length > 0) {
        void look();
        await postgres.query(`SELECT pg_notify('${CHANNEL}', '')`).catch(() => {});
      }
      // Whoever is told nothing looks by himself.
      return true;
    },
    consume(concurrency, work) {
      free = concurrency;
      take = work;
      postgres.listen(CHANNEL, () => void look());
      void look();
    },
    async close() {
      closed = true;
      clear();
    },
  };
}
