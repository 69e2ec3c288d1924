import type { Clock, Logger } from "@trestle/protocol";
import { type Migration, openQuietSqlite } from "@trestle/store";

const automationMigrations: readonly Migration[] = [
  {
    name: "schedules and triggers",
    sql: `
      CREATE TABLE automation (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (kind, id)
      ) WITHOUT ROWID;
    `,
  },
];

/** Schedules and triggers by id: each one's JSON. Durable when a write resolves. */
export interface AutomationStore {
  put(kind: Kind, id: string, body: object): Promise<void>;
  /** Leaves alone what is there. */
  add(kind: Kind, id: string, body: object): Promise<void>;
  /**
   * Changes some facts of what is there; what is undefined goes. `from`: of a schedule that is done until then, or less
   * far, and only by whoever leads. False where it changed nothing.
   */
  note(
    kind: Kind,
    id: string,
    facts: Readonly<Record<string, unknown>>,
    from?: number,
  ): Promise<boolean>;
  list<Body>(kind: Kind): Promise<readonly Body[]>;
  remove(kind: Kind, id: string): Promise<boolean>;
  /** May this process fire schedules? One of those that share the store may, until it is silent. */
  lead(): Promise<boolean>;
  /** How long nobody need ask again whether it may. */
  readonly lookMs: number;
  /** Calls when another process changed something. */
  onChange(hear: () => void): void;
  close(): Promise<void>;
}

type Kind = "schedule" | "trigger";

/** Timers of months overflow; and a clock that was set shows within this. */
const LONGEST_MS = 3_600_000;

/** For the process that owns the folder. There is no file before something is kept in it. */
export async function openAutomationStore(parts: {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<AutomationStore> {
  const sqlite = await openQuietSqlite({
    ...parts,
    migrations: automationMigrations,
    durability: "full",
  });
  const list = <Body>(kind: Kind): Body[] =>
    sqlite
      .read("SELECT body FROM automation WHERE kind = ? ORDER BY id", [kind])
      .map(({ body }) => JSON.parse(String(body)) as Body);
  const write = async (then: string, [kind, id, body]: readonly [Kind, string, object]) => {
    const sql = `INSERT INTO automation (kind, id, body) VALUES (?, ?, ?) ON CONFLICT (kind, id) ${then}`;
    await sqlite.write([{ sql, params: [kind, id, JSON.stringify(body)] }]);
  };
  const put = (...row: readonly [Kind, string, object]) =>
    write("DO UPDATE SET body = excluded.body", row);
  return {
    put,
    add: (...row) => write("DO NOTHING", row),
    async note(kind, id, facts, from = Number.POSITIVE_INFINITY) {
      const all = list<{ readonly id: string; readonly doneUntil?: number }>(kind);
      const present = all.find((each) => each.id === id);
      if (present === undefined || (present.doneUntil ?? 0) > from) return false;
      await put(kind, id, { ...present, ...facts });
      return true;
    },
    list: async (kind) => list(kind),
    async remove(kind, id) {
      const sql = "DELETE FROM automation WHERE kind = ? AND id = ?";
      const [deleted] = await sqlite.write([{ sql, params: [kind, id] }]);
      return (deleted?.changes ?? 0) > 0;
    },
    lead: async () => true,
    lookMs: LONGEST_MS,
    onChange() {},
    close: () => sqlite.close(),
  };
}
