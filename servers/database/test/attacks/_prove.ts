import type pg from "pg";
import { MARKER, type Session, type World } from "./_world.ts";
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

export interface Proof {
  /** Undefined where it had none. */
  readonly through: Through;
  /** What the server said against it, the last time. */
  readonly errors: readonly string[];
  /** What the world looks like now. */
  readonly state: string;
}

/**
 * Runs an attack with no guard: first as the readers of the field ran it (`BEGIN READ ONLY`, simple
 * protocol, `ROLLBACK`), then plainly. Tells through which it had its effect, and leaves the world as it was.
 */
export async function prove(world: World, attack: Attack, state: string): Promise<Proof> {
  let before = state;
  let errors: readonly string[] = [];
  for (const [through, begin, end] of WAYS) {
    const session = await world.connect(attack);
    const bare = await runBare({ world, session, attack, begin, end, before });
    await session.end().catch(() => {});
    errors = bare.errors;
    const after = await world.look();
    const worked = bare.worked || (attack.proof === "change" && after !== before);
    if (after !== before) {
      await world.reset();
      before = await world.look();
    }
    if (worked) return { through, errors, state: before };
  }
  return { through: undefined, errors, state: before };
}

const WAYS: readonly [Through, string, string][] = [
  ["naive reader", "BEGIN TRANSACTION READ ONLY", "ROLLBACK"],
  ["open", "BEGIN", "COMMIT"],
  // VACUUM and the like want to be alone.
  ["open", "SELECT 1", "SELECT 1"],
];

interface Bare {
  readonly world: World;
  readonly session: Session;
  readonly attack: Attack;
  readonly begin: string;
  readonly end: string;
  readonly before: string;
}

async function runBare({ world, session, attack, begin, end, before }: Bare) {
  const { calls, proof } = attack;
  await session.query("SET statement_timeout = '5s'; SET synchronous_commit = off");
  const own = proof === "change" ? await stateOf(session) : "";
  await session.query(begin);
  const answers: unknown[] = [];
  for (const call of calls)
    answers.push(await session.query(world.fill(call)).then(rowsOf, (error: Error) => error));
  const errors = answers.flatMap((answer) => (answer instanceof Error ? [answer.message] : []));
  // Where it has failed or ended, a session sees nothing before its end.
  const isChanged = async () =>
    proof === "change" && (await world.look(session).catch(() => before)) !== before;
  const during = await isChanged();
  await session.query(end).catch(() => {});
  if (proof === "leak") return { worked: leaks(answers.map(textOf)), errors };
  if (proof === "act") return { worked: errors.length === 0, errors };
  const worked = during || (await isChanged()) || (await stateOf(session).catch(() => own)) !== own;
  return { worked, errors };
}

function rowsOf(result: pg.QueryResult | pg.QueryResult[]): unknown[] {
  return [result].flat().map(({ rows }) => rows);
}

/** Errors tell too. */
export function textOf(answer: unknown): unknown {
  return answer instanceof Error ? answer.message : answer;
}

async function stateOf(session: Session): Promise<string> {
  const [answer] = [await session.query(SESSION)].flat();
  return answer?.rows[0].state;
}
