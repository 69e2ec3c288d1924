import { silentLogger, systemClock } from "@trestle/protocol";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { config } from "../config.ts";
import { createGuard } from "../guard/guard.ts";
import { openDatabase } from "../postgres/open-database.ts";
import { importRows } from "../transfer/import.ts";
import { findTarget } from "../transfer/target.ts";
import { createTestPostgres } from "./_postgres.ts";
import { deleteRows, insertRows, selectRows, type Target, updateRows, upsertRows } from "./run.ts";

describe.runIf(await hasLocalPostgres())("the rows of the system, in the mode admin", () => {
  let made: Awaited<ReturnType<typeof createTestPostgres>>;
  let target: Target & { database: ReturnType<typeof openDatabase> };
  beforeAll(async () => {
    made = await createTestPostgres();
    const guard = createGuard({ mode: "admin" });
    const parts = { guard, dataDir: "", clock: systemClock, log: silentLogger };
    target = {
      guard,
      database: openDatabase(config.parse({ url: made.url, mode: "admin" }), parts),
    };
  });
  afterAll(async () => {
    await target.database.close();
    await made.close();
  });

  const refused = {
    code: "denied",
    message: expect.stringMatching(/belongs to the system.*run_sql/),
  };
  const range = { table: "pg_range", schema: "pg_catalog" };
  const row = { rngtypid: 1, rngsubtype: 1, rngmultitypid: 1, rngcollation: 0, rngsubopc: 1 };

  test.each([
    ["by its schema", { table: "pg_description", schema: "pg_catalog" }, { description: "x" }],
    ["by the search path", { table: "pg_description" }, { description: "x" }],
    ["in one word", { table: "pg_catalog.pg_description" }, { description: "x" }],
    [
      "in the other schema",
      { table: "sql_parts", schema: "information_schema" },
      { comments: "x" },
    ],
  ])("are not changed: %s", async (_, name, set) => {
    await expect(updateRows(target, { ...name, set, all: true })).rejects.toMatchObject(refused);
    await expect(deleteRows(target, { ...name, all: true })).rejects.toMatchObject(refused);
    await expect(insertRows(target, { ...name, rows: [set] })).rejects.toMatchObject(refused);
    const { rowCount } = await selectRows(target, name);
    expect(rowCount).toBeGreaterThan(0);
  });

  test("are not replaced, and nothing is imported among them", async () => {
    await expect(upsertRows(target, { ...range, rows: [row] })).rejects.toMatchObject(refused);
    const place = await findTarget(target.database, range);
    if (!place) throw new Error("no pg_range");
    async function* rows() {
      yield Buffer.from(JSON.stringify([row]));
    }
    const importing = importRows(target.database, place, rows(), {
      format: "json",
      timeoutMs: 60_000,
      statementTimeoutMs: 30_000,
      batchRows: 10,
      conflicts: { do: "refuse" },
      maxRejects: 10,
      checkColumns() {},
    });
    await expect(importing).rejects.toMatchObject(refused);
  });
});
