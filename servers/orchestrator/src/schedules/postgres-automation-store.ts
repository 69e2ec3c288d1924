import { randomUUID } from "node:crypto";
import type { Postgres } from "../runs/postgres/postgres.ts";
import type { AutomationStore } from "./automation-store.ts";

const CHANNEL = "trestle_automation";
const LEASE = "schedules";
/** How long whoever fires schedules may be silent before another does. */
const LEASE_MS = 15_000;
const LOOK_MS = 5_000;

interface Kept {
  readonly body: string;
}

/** Schedules and triggers of all processes that share a database. One of them fires schedules, under a fenced lease. */
export function createPostgresAutomationStore({ query, listen }: Postgres): AutomationStore {
  const holder = randomUUID();
  let fence = 0;
  const changed = () => query("SELECT pg_notify($1, '')", [CHANNEL]);

  return {
    lookMs: LOOK_MS,
    onChange: (hear) => listen(CHANNEL, hear),
    async lead() {
      const [held] = await query<{ fence: string }>(leadSql, [LEASE, holder, LEASE_MS]);
      fence = Number(held?.fence ?? 0);
      return held !== undefined;
    },
    async put(kind, id, body) {
      await query(putSql, [kind, id, JSON.stringify(body)]);
      await changed();
    },
    async add(kind, id, body) {
      await query(addSql, [kind, id, JSON.stringify(body)]);
      await changed();
    },
    async note(kind, id, facts, from) {
      const gone = Object.keys(facts).filter((name) => facts[name] === undefined);
      const values = [kind, id, JSON.stringify(facts), gone];
      const rows =
        from === undefined
          ? await query<Kept>(noteSql, values)
          : await query<Kept>(noteFiringSql, [...values, from, LEASE, holder, fence]);
      return rows.length > 0;
    },
    async list(kind) {
      const rows = await query<Kept>(listSql, [kind]);
      return rows.map(({ body }) => JSON.parse(body));
    },
    async remove(kind, id) {
      const rows = await query(removeSql, [kind, id]);
      await changed();
      return rows.length > 0;
    },
    async close() {
      // The next one need not wait for its end; where the database is away, it ends by itself.
      await query(leaveSql, [LEASE, holder]).catch(() => {});
    },
  };
}

const leadSql = `
  INSERT INTO trestle.lease AS held (name, holder, fence, until)
  VALUES ($1, $2, 1, clock_timestamp() + $3::float8 * interval '1 millisecond')
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until,
    fence = held.fence + CASE WHEN held.holder = excluded.holder THEN 0 ELSE 1 END
  WHERE held.holder = excluded.holder OR held.until < clock_timestamp()
  RETURNING fence`;

/** Its number stays: whoever held it is told apart from whoever holds it next. */
const leaveSql = `
  UPDATE trestle.lease SET until = clock_timestamp() WHERE name = $1 AND holder = $2`;

const putSql = `
  INSERT INTO trestle.automation (kind, id, body) VALUES ($1, $2, $3)
  ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body`;

const addSql = `
  INSERT INTO trestle.automation (kind, id, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`;

const noteSql = `
  UPDATE trestle.automation SET body = ((body::jsonb - $4::text[]) || $3::jsonb)::text
  WHERE kind = $1 AND id = $2 RETURNING body`;

/** Only by whoever may fire now, and never back. */
const noteFiringSql = `
  UPDATE trestle.automation SET body = ((body::jsonb - $4::text[]) || $3::jsonb)::text
  WHERE kind = $1 AND id = $2 AND (body::jsonb ->> 'doneUntil')::float8 <= $5::float8 AND EXISTS (
    SELECT 1 FROM trestle.lease WHERE name = $6 AND holder = $7 AND fence = $8 AND until > clock_timestamp() FOR SHARE
  )
  RETURNING body`;

const listSql = "SELECT body FROM trestle.automation WHERE kind = $1 ORDER BY id";

const removeSql = "DELETE FROM trestle.automation WHERE kind = $1 AND id = $2 RETURNING id";
