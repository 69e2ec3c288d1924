import { silentLogger } from "@trestle/protocol";
import { manualClock, until } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresKinds, type TestCatalog } from "./_catalogs.ts";
import { describeTable } from "./describe-table.ts";
import { createSchemaWatch } from "./watch.ts";

describe.each(await postgresKinds())("on %s", (_name, open) => {
  let catalog: TestCatalog;

  beforeAll(async () => {
    catalog = await open();
    await catalog.script("CREATE TABLE guest (id int); CREATE TABLE other (id int)");
  }, 120_000);

  afterAll(() => catalog.close());

  test("a change is told once, to whom it concerns, and nobody is asked once nobody listens", async () => {
    const clock = manualClock();
    const asked: string[] = [];
    const counted = {
      read: ((work, options) =>
        catalog.read(
          (connection) =>
            work({
              ...connection,
              run: (sql: string, params?: readonly unknown[]) => {
                asked.push(sql);
                return connection.run(sql, params);
              },
            }),
          options,
        )) as TestCatalog["read"],
    };
    const watch = createSchemaWatch({ catalog: counted, clock, log: silentLogger });
    const told: string[] = [];
    const follow = (table: string) =>
      watch.add(
        async () => JSON.stringify(await describeTable(counted, table)),
        () => told.push(table),
      );
    /** The next look, to its end. */
    const look = async () => {
      const before = asked.length;
      clock.advance(clock.next() ?? 0);
      await until("a look", () => asked.length > before && clock.armed() > 0);
    };

    const stopGuest = await follow("guest");
    const stopOther = await follow("other");
    await look();
    expect(told).toEqual([]);

    asked.length = 0;
    await look();
    await look();
    // Nothing was committed: nothing but that was asked. Of a server others write to other databases.
    const questions = catalog.kind === "embedded" ? asked : [...new Set(asked)].slice(0, 1);
    expect(new Set(questions)).toEqual(new Set(["SELECT pg_current_snapshot()::text"]));

    await catalog.script("INSERT INTO guest VALUES (1)");
    await look();
    expect(told).toEqual([]);

    await catalog.script("ALTER TABLE guest ADD COLUMN name text");
    await look();
    expect(told).toEqual(["guest"]);
    await look();
    expect(told).toEqual(["guest"]);

    stopGuest();
    await catalog.script("ALTER TABLE guest DROP COLUMN name; COMMENT ON TABLE other IS 'else'");
    await look();
    expect(told).toEqual(["guest", "other"]);

    stopOther();
    expect(clock.armed()).toBe(0);
  });
});
