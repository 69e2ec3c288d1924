import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOCAL_PRINCIPAL, silentLogger, systemClock } from "@trestle/protocol";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { createStandaloneHost, type JsonObject } from "@trestle-mcp/server-kit";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createTestPostgres, type TestPostgres } from "../../builders/_postgres.ts";
import { server } from "../../server.ts";

interface Result {
  readonly content: { readonly text: string }[];
  readonly structuredContent: JsonObject;
  readonly isError?: boolean;
  readonly inputRequests?: JsonObject;
  readonly _meta?: JsonObject;
}

describe.skipIf(!(await hasLocalPostgres()))("tools about the structure", () => {
  let postgres: TestPostgres;
  let home: string;

  beforeAll(async () => {
    postgres = await createTestPostgres();
  });
  beforeEach(async () => {
    home = temporaryFolder();
    await postgres.script("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  });
  afterAll(() => postgres.close());

  function open(settings: Record<string, string> = {}) {
    const host = createStandaloneHost({ dataDir: home, clock: systemClock, log: silentLogger });
    const instance = server.mount(host, {
      DATABASE_URL: postgres.url,
      DATABASE_MODE: "admin",
      ...settings,
    });
    onTestFinished(() => instance.close());
    return async (name: string, args: JsonObject = {}, capabilities = {}) => {
      const client = { era: "modern", protocolVersion: "2026-07-28", capabilities } as const;
      const { signal } = new AbortController();
      const context = { principal: LOCAL_PRINCIPAL, signal, client };
      return (await instance.request(
        "tools/call",
        { name, arguments: args },
        context,
      )) as unknown as Result;
    };
  }

  const guests = {
    name: "Add guests",
    up: "CREATE TABLE guest (id int PRIMARY KEY);",
    down: "DROP TABLE guest;",
  };

  test("a migration is written, shown, run, listed and taken back", async () => {
    const call = open();
    const created = await call("create_migration", guests);
    const name = String(created.structuredContent.name);
    expect(name).toMatch(/^\d{17}_add_guests$/);
    expect(readdirSync(join(home, "migrations"))).toEqual([`${name}.sql`]);

    const dry = await call("run_migrations", { dryRun: true });
    expect(dry.structuredContent).toMatchObject({
      dryRun: true,
      migrations: [
        { name, sql: expect.stringContaining("CREATE TABLE guest"), destructive: false },
      ],
    });
    expect((await call("migration_status")).structuredContent).toMatchObject({ pending: 1 });

    const ran = await call("run_migrations", { confirm: name });
    expect(ran.structuredContent).toMatchObject({ dryRun: false, migrations: [{ name }] });
    expect((await call("run_migrations")).structuredContent).toMatchObject({ migrations: [] });
    const status = await call("migration_status");
    expect(status.structuredContent).toMatchObject({
      pending: 0,
      problems: [],
      migrations: [{ name, state: "applied", canRollBack: true }],
    });

    await call("rollback_migration", { confirm: name });
    expect((await call("migration_status")).structuredContent).toMatchObject({ pending: 1 });
  });

  test("nothing runs before the user agreed, by word or by name", async () => {
    const call = open();
    const { structuredContent } = await call("create_migration", guests);
    const refused = await call("run_migrations");
    expect(refused).toMatchObject({
      isError: true,
      _meta: { "trestle/error": { code: "denied" } },
    });
    expect(refused.content[0]?.text).toContain(String(structuredContent.name));
    const asked = await call("run_migrations", {}, { elicitation: { form: {} } });
    expect(JSON.stringify(asked)).toContain("Apply");
    expect((await call("migration_status")).structuredContent).toMatchObject({ pending: 1 });
  });

  test.each(["read-only", "read-write"])(
    "in mode %s the setting is named that would allow it",
    async (mode) => {
      const call = open({ DATABASE_MODE: mode });
      for (const [tool, args] of [
        ["create_migration", guests],
        ["run_migrations", {}],
        ["rollback_migration", {}],
      ] as const) {
        const result = await call(tool, args);
        expect(result.content[0]?.text).toContain("DATABASE_MODE=admin");
      }
      expect(existsSync(join(home, "migrations"))).toBe(false);
      expect((await call("migration_status")).structuredContent).toMatchObject({ migrations: [] });
    },
  );

  test.each([
    ["BEGIN; CREATE TABLE x (); COMMIT", "take BEGIN, COMMIT"],
    ["CREATE INDEX CONCURRENTLY i ON t (a)", "no transaction"],
    ["CREATE TABEL x ()", "no SQL that Postgres reads"],
  ])("%s is no migration, and no file is written", async (up, words) => {
    const result = await open()("create_migration", { name: "bad", up });
    expect(result).toMatchObject({ isError: true });
    expect(result.content[0]?.text).toContain(words);
    expect(existsSync(join(home, "migrations"))).toBe(false);
  });

  test("a migration from elsewhere that ends its transaction is refused before anything runs", async () => {
    const call = open();
    await call("create_migration", guests);
    const folder = join(home, "migrations");
    writeFileSync(join(folder, "29990101000000000_evil.sql"), "COMMIT; CREATE TABLE evil ();");
    const result = await call("run_migrations", { confirm: "whatever" });
    expect(result.content[0]?.text).toContain("begins or ends a transaction");
    expect((await call("migration_status")).structuredContent).toMatchObject({ pending: 2 });
  });

  test("schemas are compared with each other, with the past and with another database", async () => {
    await postgres.script(`CREATE TABLE guest (id int); DROP SCHEMA IF EXISTS next CASCADE;
      CREATE SCHEMA next; CREATE TABLE next.guest (id bigint, name text)`);
    const call = open({ DATABASE_COMPARE_URL: postgres.url });
    const compared = await call("compare_schemas", { to: { schema: "next" }, saveAs: "before" });
    expect(compared.structuredContent).toMatchObject({
      same: false,
      differences: [
        { object: "column", name: "guest.id", change: "changed", from: "integer", to: "bigint" },
        { object: "column", name: "guest.name", change: "added" },
      ],
      sql: expect.stringContaining('ALTER TABLE "guest" ADD COLUMN "name" text;'),
    });
    await postgres.script("DROP TABLE guest");
    const past = await call("compare_schemas", { from: { snapshot: "before" }, to: {} });
    expect(past.structuredContent.text).toBe("- table guest: table");
    const other = await call("compare_schemas", { from: {}, to: { database: "other" } });
    expect(other.structuredContent).toMatchObject({ same: true, sql: "" });
    const lost = await call("compare_schemas", { from: { snapshot: "befor" }, to: {} });
    expect(lost.content[0]?.text).toContain('Did you mean "before.json"');
  });
});
