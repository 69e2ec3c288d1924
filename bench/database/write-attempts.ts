import type { Peer } from "./peer-list.ts";
import type { BenchDatabase } from "./postgres.ts";
import type { StdioServer } from "./stdio-client.ts";

/** `done`: the database is another. `undone`: it was answered as if, and is not. */
export type Outcome = "refused" | "undone" | "done";

export type Outcomes = Readonly<Record<(typeof ATTEMPTS)[number]["what"], Outcome>>;

/** What somebody who may only read has no business with. */
const ATTEMPTS = [
  {
    what: "INSERT",
    sql: "INSERT INTO target VALUES (1)",
    isDone: "SELECT EXISTS (SELECT FROM target)",
  },
  {
    /** The oldest of the published bypasses. */
    what: "COMMIT; DROP",
    sql: "SELECT 1; COMMIT; DROP TABLE target; SELECT 1",
    isDone: "SELECT to_regclass('target') IS NULL",
  },
  {
    /** No transaction that only reads forbids it, and none that is rolled back ends it. */
    what: "advisory lock",
    sql: "SELECT pg_advisory_lock(4711)",
    isDone: "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711)",
  },
] as const;

/** Tries each on a table `target` that it makes, and looks at the database itself. */
export async function attemptWrites(
  server: StdioServer,
  { tool, argument }: NonNullable<Peer["query"]>,
  database: BenchDatabase,
): Promise<Outcomes> {
  const outcomes: Record<string, Outcome> = {};
  for (const { what, sql, isDone } of ATTEMPTS) {
    await database.script("DROP TABLE IF EXISTS target; CREATE TABLE target (id int)");
    const refused = await server
      .request("tools/call", { name: tool, arguments: { [argument]: sql } })
      .then(
        ({ isError }) => isError === true,
        () => true,
      );
    outcomes[what] = (await database.isTrue(isDone)) ? "done" : refused ? "refused" : "undone";
  }
  return outcomes as Outcomes;
}
