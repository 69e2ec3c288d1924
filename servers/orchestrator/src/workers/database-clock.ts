import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { Postgres } from "../runs/postgres/postgres.ts";
import { readTime } from "./task-rows.ts";

export interface DatabaseClock extends Clock {
  close(): void;
}

const COMPARE_EVERY_MS = 60_000;

/** The time of the database, whatever the machines that share it believe. It never goes back. */
export async function openDatabaseClock(
  { query }: Postgres,
  local: Clock,
  log: Logger,
): Promise<DatabaseClock> {
  let ahead = 0;
  let latest = 0;
  let clear = () => {};

  async function compare(): Promise<void> {
    const sent = local.now();
    const theirs = await readTime(query);
    ahead = theirs - (sent + local.now()) / 2;
  }

  function planNext(): void {
    clear = local.after(COMPARE_EVERY_MS, () => {
      compare()
        .catch((error) => log.debug("the time was not compared", { error: messageOf(error) }))
        .finally(planNext);
    });
  }

  await compare();
  planNext();
  return {
    now() {
      latest = Math.max(latest, Math.floor(local.now() + ahead));
      return latest;
    },
    after: local.after,
    close: () => clear(),
  };
}
