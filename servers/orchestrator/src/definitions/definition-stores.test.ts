import { silentLogger } from "@trestle/protocol";
import { openSqlite } from "@trestle/store";
import { createLocalDatabase, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { describe, expect, onTestFinished, test } from "vitest";
import { openPostgres } from "../runs/postgres/postgres.ts";
import { runMigrations } from "../runs/sqlite/migrations.ts";
import { createDefinitionStore, type DefinitionStore } from "./definition-store.ts";
import { createPostgresDefinitionStore } from "./postgres-definition-store.ts";
import { readDefinition } from "./read.ts";

const workflow = (version: string, tool = "t") =>
  readDefinition({ id: "w", version, steps: [{ id: "a", server: "s", tool }] });

describeStore("SQLite", async () => {
  const file = `${temporaryFolder()}/workflows.db`;
  const sqlite = await openSqlite({ file, migrations: runMigrations });
  onTestFinished(() => sqlite.close());
  return createDefinitionStore(sqlite);
});

describe.skipIf(!(await hasLocalPostgres()))("on a server", () => {
  describeStore("Postgres", async () => {
    const database = await createLocalDatabase({ prefix: "trestle_workflows" });
    onTestFinished(() => database.drop());
    const postgres = await openPostgres({ url: database.url, log: silentLogger });
    onTestFinished(() => postgres.close());
    return createPostgresDefinitionStore(postgres);
  });
});

/** What every store of workflows promises. */
function describeStore(name: string, open: () => Promise<DefinitionStore>): void {
  describe(`workflows in ${name}`, () => {
    test("are there by version, and the newest without one", async () => {
      const store = await open();
      await store.register(workflow("1"), 1);
      await store.register(workflow("2"), 2);
      await store.register(workflow("1"), 3);
      expect(await store.get("w")).toEqual({ definition: workflow("2"), registeredAt: 2 });
      expect(await store.get("w", "1")).toEqual({ definition: workflow("1"), registeredAt: 1 });
      expect((await store.list()).map(({ definition }) => definition.version)).toEqual(["2"]);
    });

    test("never change, and tell what there is", async () => {
      const store = await open();
      await expect(store.get("w")).rejects.toThrow(/none is registered/);
      await store.register(workflow("1"), 1);
      await expect(store.register(workflow("1", "u"), 2)).rejects.toMatchObject({
        code: "conflict",
      });
      await expect(store.get("w", "9")).rejects.toThrow(/no version 9/);
      await expect(store.get("x")).rejects.toThrow(/there are w/);
      expect([await store.remove("w"), await store.remove("w")]).toEqual([true, false]);
    });
  });
}
