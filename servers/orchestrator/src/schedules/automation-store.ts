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
  list<Body>(kind: Kind): readonly Body[];
  remove(kind: Kind, id: string): Promise<boolean>;
  close(): Promise<void>;
}

type Kind = "schedule" | "trigger";

/** There is no file before something is kept in it. */
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
  return {
    async put(kind, id, body) {
      const sql = `INSERT INTO automation (kind, id, body) VALUES (?, ?, ?)
        ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body`;
      await sqlite.write([{ sql, params: [kind, id, JSON.stringify(body)] }]);
    },
    list: (kind) =>
      sqlite
        .read("SELECT body FROM automation WHERE kind = ? ORDER BY id", [kind])
        .map(({ body }) => JSON.parse(String(body))),
    async remove(kind, id) {
      const sql = "DELETE FROM automation WHERE kind = ? AND id = ?";
      const [deleted] = await sqlite.write([{ sql, params: [kind, id] }]);
      return (deleted?.changes ?? 0) > 0;
    },
    close: () => sqlite.close(),
  };
}
