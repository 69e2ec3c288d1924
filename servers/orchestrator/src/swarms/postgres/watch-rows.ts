import type { Query } from "../../runs/postgres/postgres.ts";

/** So many are taken over at once; the rest goes to whoever looks next. */
const MOST = 200;

/** All that the watcher watches from now on, for so many milliseconds of the database's clock. */
export async function watchSwarms(query: Query, watcher: string, ms: number): Promise<string[]> {
  const rows = await query<{ id: string }>(watchSql, [watcher, ms, MOST]);
  return rows.map(({ id }) => id);
}

/** Two that look at once do not take the same: the second finds it taken when it comes to write. */
const watchSql = `
  WITH free AS (
    SELECT swarm.place FROM trestle.swarm LEFT JOIN trestle.swarm_watch AS watch ON watch.swarm = swarm.place
    WHERE swarm.watched AND (watch.swarm IS NULL OR watch.until < clock_timestamp())
    ORDER BY swarm.place LIMIT $3
  ), taken AS (
    INSERT INTO trestle.swarm_watch (swarm, watcher, until)
    SELECT place, $1, clock_timestamp() + $2 * interval '1 millisecond' FROM free
    ON CONFLICT (swarm) DO UPDATE SET watcher = excluded.watcher, until = excluded.until
      WHERE swarm_watch.until < clock_timestamp()
    RETURNING swarm
  ), renewed AS (
    UPDATE trestle.swarm_watch AS watch SET until = clock_timestamp() + $2 * interval '1 millisecond'
    FROM trestle.swarm
    WHERE watch.watcher = $1 AND watch.until >= clock_timestamp() AND swarm.place = watch.swarm AND swarm.watched
    RETURNING watch.swarm
  )
  SELECT swarm.id FROM trestle.swarm JOIN (SELECT swarm FROM taken UNION SELECT swarm FROM renewed) AS ours
    ON ours.swarm = swarm.place`;

export async function isWatcher(query: Query, watcher: string, id: string): Promise<boolean> {
  const rows = await query(
    `SELECT 1 FROM trestle.swarm_watch AS watch JOIN trestle.swarm ON swarm.place = watch.swarm
      WHERE swarm.id = $1 AND watch.watcher = $2 AND watch.until > clock_timestamp()`,
    [id, watcher],
  );
  return rows.length > 0;
}

export async function unwatchSwarms(query: Query, watcher: string): Promise<void> {
  await query("DELETE FROM trestle.swarm_watch WHERE watcher = $1", [watcher]);
}
