import type { Attempt } from "../engine/turn.ts";
import type { Query } from "../runs/postgres/postgres.ts";
import type { Claim, ReadyTask, Task } from "./task.ts";

interface TaskRow {
  readonly place: string;
  readonly run: string;
  readonly unit: string;
  readonly fence: number;
  readonly attempt: string;
}

/** What a task's row says of the work. */
export interface StoredAttempt {
  readonly attempt: Attempt;
  readonly grant: string;
}

export interface Piece {
  readonly run: string;
  readonly unit: string;
}

export interface PutTasks {
  readonly ready: readonly ReadyTask[];
  readonly claimed: readonly Task[];
}

/** Attempts that begin, the first ones claimed: an older one of the same piece of work loses its claim with it. */
export async function putTasks(
  query: Query,
  tasks: readonly (Piece & StoredAttempt)[],
  { claim, leaseMs }: { readonly claim: number; readonly leaseMs: number },
): Promise<PutTasks> {
  if (tasks.length === 0) return { ready: [], claimed: [] };
  const rows = await query<Omit<TaskRow, "attempt">>(putSql, [
    tasks.map(({ run }) => run),
    tasks.map(({ unit }) => unit),
    tasks.map(({ attempt, grant }) => JSON.stringify({ attempt, grant } satisfies StoredAttempt)),
    tasks.map((_, index) => (index < claim ? leaseMs : null)),
  ]);
  const mine = new Map(tasks.slice(0, claim).map((task) => [nameOf(task), task]));
  const claimed = rows.flatMap((row) => {
    const task = mine.get(nameOf(row));
    return task === undefined ? [] : [{ ...row, attempt: task.attempt, grant: task.grant }];
  });
  return { ready: rows.filter((row) => !mine.has(nameOf(row))), claimed };
}

const putSql = `
  INSERT INTO trestle.task (run, unit, state, fence, attempt, leased_until)
  SELECT run, unit, CASE WHEN lease IS NULL THEN 'ready' ELSE 'claimed' END, 1, attempt,
    clock_timestamp() + lease * interval '1 millisecond'
  FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[]) AS given (run, unit, attempt, lease)
  ON CONFLICT (run, unit) DO UPDATE SET state = excluded.state, fence = task.fence + 1, attempt = excluded.attempt,
    cancelled = false, announced_at = clock_timestamp(), leased_until = excluded.leased_until
  RETURNING place, run, unit, fence`;

/** Takes these tasks, or as many as asked for of those that wait longest. Nobody waits for another's claim. */
export async function claimTasks(
  query: Query,
  wanted: { readonly places: readonly string[] } | { readonly most: number },
  leaseMs: number,
): Promise<readonly Task[]> {
  const rows =
    "places" in wanted
      ? await query<TaskRow>(claimSql("place = ANY ($2::bigint[])"), [leaseMs, wanted.places])
      : await query<TaskRow>(claimSql("true ORDER BY place LIMIT $2"), [leaseMs, wanted.most]);
  return rows.map(({ attempt, ...row }) => ({
    ...row,
    ...(JSON.parse(attempt) as StoredAttempt),
  }));
}

const claimSql = (which: string) => `
  WITH chosen AS MATERIALIZED (
    SELECT place FROM trestle.task WHERE state = 'ready' AND NOT cancelled AND ${which} FOR UPDATE SKIP LOCKED
  )
  UPDATE trestle.task SET state = 'claimed', fence = fence + 1,
    leased_until = clock_timestamp() + $1::float8 * interval '1 millisecond'
  FROM chosen WHERE task.place = chosen.place
  RETURNING task.place, task.run, task.unit, task.fence, task.attempt`;

/** Ends claims; gives those that still stood. */
export async function endClaims(query: Query, claims: readonly Claim[]): Promise<Set<string>> {
  if (claims.length === 0) return new Set();
  const rows = await query<TaskRow>(endSql, [
    claims.map(({ place }) => place),
    claims.map(({ fence }) => fence),
  ]);
  return new Set(rows.map(({ place }) => place));
}

const endSql = `
  DELETE FROM trestle.task USING unnest($1::bigint[], $2::int[]) AS given (place, fence)
  WHERE task.place = given.place AND task.fence = given.fence AND state = 'claimed' RETURNING task.place`;

/** What is to become of claims that are still held: those that stand, and of these those that are to be cancelled. */
export async function renewClaims(
  query: Query,
  claims: readonly Claim[],
  leaseMs: number,
): Promise<{ readonly standing: Set<string>; readonly cancelled: Set<string> }> {
  const given = [claims.map(({ place }) => place), claims.map(({ fence }) => fence)];
  await query(renewSql, [...given, leaseMs]);
  const rows = await query<{ place: string; cancelled: boolean }>(standingSql, given);
  return {
    standing: new Set(rows.map(({ place }) => place)),
    cancelled: new Set(rows.flatMap(({ place, cancelled }) => (cancelled ? [place] : []))),
  };
}

/** One that is locked is at its end, or is given up: whoever holds it hears of it without waiting. */
const renewSql = `
  WITH mine AS MATERIALIZED (
    SELECT task.place FROM trestle.task JOIN unnest($1::bigint[], $2::int[]) AS given (place, fence)
      ON task.place = given.place AND task.fence = given.fence
    WHERE state = 'claimed' FOR UPDATE OF task SKIP LOCKED
  )
  UPDATE trestle.task SET leased_until = clock_timestamp() + $3::float8 * interval '1 millisecond'
  FROM mine WHERE task.place = mine.place`;

const standingSql = `
  SELECT task.place, task.cancelled FROM trestle.task JOIN unnest($1::bigint[], $2::int[]) AS given (place, fence)
    ON task.place = given.place AND task.fence = given.fence
  WHERE state = 'claimed'`;

/** The work goes on in a run of its own, and nobody holds it. False where the claim does not stand. */
export async function parkClaim(query: Query, { place, fence }: Claim): Promise<boolean> {
  const rows = await query(
    `UPDATE trestle.task SET state = 'parked', leased_until = NULL
     WHERE place = $1 AND fence = $2 AND state = 'claimed' RETURNING place`,
    [place, fence],
  );
  return rows.length > 0;
}

/** Nobody waits for this work any more. */
export async function dropTasks(query: Query, pieces: readonly Piece[]): Promise<void> {
  if (pieces.length === 0) return;
  await query(
    `DELETE FROM trestle.task USING unnest($1::text[], $2::text[]) AS given (run, unit)
     WHERE task.run = given.run AND task.unit = given.unit`,
    [pieces.map(({ run }) => run), pieces.map(({ unit }) => unit)],
  );
}

/** Marks what a worker does, and takes away what none does yet; gives the pieces that somebody is at. */
export async function cancelTasks(query: Query, pieces: readonly Piece[]): Promise<Set<string>> {
  if (pieces.length === 0) return new Set();
  const given = [pieces.map(({ run }) => run), pieces.map(({ unit }) => unit)];
  const rows = await query<TaskRow>(
    `UPDATE trestle.task SET cancelled = true FROM unnest($1::text[], $2::text[]) AS given (run, unit)
     WHERE task.run = given.run AND task.unit = given.unit AND state <> 'ready' RETURNING task.run, task.unit`,
    given,
  );
  await query(
    `DELETE FROM trestle.task USING unnest($1::text[], $2::text[]) AS given (run, unit)
     WHERE task.run = given.run AND task.unit = given.unit AND state = 'ready'`,
    given,
  );
  return new Set(rows.map(({ run, unit }) => nameOf({ run, unit })));
}

export function nameOf({ run, unit }: Piece): string {
  return `${run}\n${unit}`;
}

/** Claims that their holder gives back. */
export async function freeClaims(
  query: Query,
  claims: readonly Claim[],
): Promise<readonly ReadyTask[]> {
  if (claims.length === 0) return [];
  return query<TaskRow>(
    `UPDATE trestle.task SET state = 'ready', announced_at = clock_timestamp(), leased_until = NULL
     FROM unnest($1::bigint[], $2::int[]) AS given (place, fence)
     WHERE task.place = given.place AND task.fence = given.fence AND state = 'claimed'
     RETURNING task.place, task.fence`,
    [claims.map(({ place }) => place), claims.map(({ fence }) => fence)],
  );
}

/** Claims whose holder has not been heard of are free again. */
export async function freeLostClaims(query: Query, most: number): Promise<readonly ReadyTask[]> {
  return query<TaskRow>(
    `WITH lost AS MATERIALIZED (
       SELECT place FROM trestle.task WHERE state = 'claimed' AND leased_until < now()
       LIMIT $1 FOR UPDATE SKIP LOCKED
     )
     UPDATE trestle.task SET state = 'ready', announced_at = clock_timestamp(), leased_until = NULL
     FROM lost WHERE task.place = lost.place RETURNING task.place, task.fence`,
    [most],
  );
}

/** Tasks that were announced a while ago and that nobody took: to be announced again. */
export async function takeUnheard(
  query: Query,
  afterMs: number,
  most: number,
): Promise<readonly ReadyTask[]> {
  return query<TaskRow>(
    `WITH unheard AS MATERIALIZED (
       SELECT place FROM trestle.task
       WHERE state = 'ready' AND announced_at < now() - $1::float8 * interval '1 millisecond'
       ORDER BY place LIMIT $2 FOR UPDATE SKIP LOCKED
     )
     UPDATE trestle.task SET announced_at = clock_timestamp()
     FROM unheard WHERE task.place = unheard.place RETURNING task.place, task.fence`,
    [afterMs, most],
  );
}

/** Runs that it is time to look at; nobody else looks at them for the time given. */
export async function takeDueRuns(
  query: Query,
  forMs: number,
  most: number,
): Promise<readonly string[]> {
  const rows = await query<{ id: string }>(
    `WITH due AS MATERIALIZED (
       SELECT place FROM trestle.run WHERE due_at <= ${NOW} ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
     )
     UPDATE trestle.run SET due_at = ${NOW} + $1::bigint FROM due WHERE run.place = due.place RETURNING run.id`,
    [forMs, most],
  );
  return rows.map(({ id }) => id);
}

/** Runs of steps that are to be cancelled, whatever becomes of this process after the commit. */
export async function addOrphans(query: Query, runs: readonly string[]): Promise<void> {
  if (runs.length === 0) return;
  await query(
    "INSERT INTO trestle.orphan (run) SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING",
    [runs],
  );
}

export async function removeOrphan(query: Query, run: string): Promise<void> {
  await query("DELETE FROM trestle.orphan WHERE run = $1", [run]);
}

/** Those that nobody has told for a while. */
export async function readOrphans(
  query: Query,
  afterMs: number,
  most: number,
): Promise<readonly string[]> {
  const rows = await query<{ run: string }>(
    `SELECT run FROM trestle.orphan WHERE since < now() - $1::float8 * interval '1 millisecond' LIMIT $2`,
    [afterMs, most],
  );
  return rows.map(({ run }) => run);
}

/** The same throughout a statement, as an index needs it. */
const NOW = "(extract(epoch FROM now()) * 1000)::bigint";

/** The time of the database, in epoch milliseconds. */
export async function readTime(query: Query): Promise<number> {
  const [row] = await query<{ now: string }>(`SELECT ${NOW} AS now`);
  return Number(row?.now);
}
