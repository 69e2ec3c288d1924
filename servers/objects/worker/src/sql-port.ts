import { SCHEMA } from "../../src/core/schema.ts";
import type { SqlPort, SqlRow } from "../../src/core/sql-port.ts";

/**
 * The storage of one Durable Object as the core's SQLite. Its tables come with the first turn that is stored: a
 * refused one leaves nothing behind, not even them, and who only looks makes no object.
 */
export function createSqlPort(storage: DurableObjectStorage): SqlPort {
  const { sql } = storage;
  let hasTables =
    sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'object'").toArray().length > 0;
  return {
    run(text, ...params) {
      if (!hasTables) return [];
      return sql
        .exec<Record<string, string | number | null>>(text, ...params)
        .toArray() as SqlRow[];
    },
    transaction(work) {
      if (hasTables) return storage.transactionSync(work);
      try {
        return storage.transactionSync(() => {
          for (const statement of SCHEMA) sql.exec(statement);
          hasTables = true;
          return work();
        });
      } catch (error) {
        hasTables = false;
        throw error;
      }
    },
  };
}
