import type pg from "pg";
import { MARKER, type World } from "./_world.ts";
import type { Attack } from "./corpus/index.ts";

/** How an attack got its effect: through a reader as the field had them, or with nothing in its way. */
export type Through = "naive reader" | "open" | undefined;

const MARKERS = [MARKER, "SCRAM-SHA-256$", Buffer.from(MARKER).toString("hex")];

/** What belongs to the session and stays in it. */
const SESSION = `SELECT concat_ws('|', current_user, session_user, current_setting('search_path'),
  current_setting('default_transaction_read_only'), current_setting('TimeZone'), current_setting('work_mem'),
  current_setting('client_encoding'), current_setting('a.b', true), current_setting('statement_timeout'),
  current_setting('pg_trgm.similarity_threshold', true),
  (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors WHERE is_holdable),
  (SELECT count(*) FROM pg_listening_channels()), pg_my_temp_schema(),
  current_setting('auto_explain.log_format', true)) AS state`;

/** Does the answer, or the error, hold what nobody may read? */
export function leaks(answer: unknown): boolean {
  const text = JSON.stringify(answer) ?? "";
  return MARKERS.some((marker) => text.includes(marker));
}

/**
 * Runs an attack with no guard: first as the readers of the field ran it (`BEGIN READ ONLY`, simple
 * protocol, `ROLLBACK`), then plainly. Tells through which it had its effect, and leaves the world as it was.
 */
export async function prove(world: World, attack: Attack): Promise<Through> {
  for (const [through, begin, end] of WAYS) {
    const before = await world.look();
    const client = await world.connect();
    const worked = await runBare(world, client, attack, { begin, end, before });
    await client.end().catch(() => {});
    if (worked || attack.proof !== "change") {
      if ((await world.look()) !== before) await world.reset();
    }
    if (worked) return through;
  }
  return undefined;
}

const WAYS: readonly [Through, string, string][] = [
  ["naive reader", "BEGIN TRANSACTION READ ONLY", "ROLLBACK"],
  ["open", "BEGIN", "COMMIT"],
  // VACUUM and the like want to be alone.
  ["open", "SELECT 1", "SELECT 1"],
];

interface Bare {
  readonly begin: string;
  readonly end: string;
  readonly before: string;
}

async function runBare(
  world: World,
  client: pg.Client,
  { calls, proof }: Attack,
  { begin, end, before }: Bare,
): Promise<boolean> {
  await client.query("SET statement_timeout = '5s'; SET synchronous_commit = off");
  const session = proof === "change" ? await sessionOf(client) : "";
  await client.query(begin);
  const answers: unknown[] = [];
  for (const call of calls)
    answers.push(await client.query(world.fill(call)).then(rowsOf, (error: Error) => error));
  const isChanged = async () => proof === "change" && (await world.look()) !== before;
  const during = await isChanged();
  await client.query(end).catch(() => {});
  if (proof === "leak") return leaks(answers.map(textOf));
  if (proof === "act") return !answers.some((answer) => answer instanceof Error);
  return (
    during || (await isChanged()) || (await sessionOf(client).catch(() => session)) !== session
  );
}

function rowsOf(result: pg.QueryResult | pg.QueryResult[]): unknown[] {
  return [result].flat().map(({ rows }) => rows);
}

/** Errors tell too. */
export function textOf(answer: unknown): unknown {
  return answer instanceof Error ? answer.message : answer;
}

async function sessionOf(client: pg.Client): Promise<string> {
  return (await client.query(SESSION)).rows[0].state;
}
