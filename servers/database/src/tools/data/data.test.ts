import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
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
}

describe.skipIf(!(await hasLocalPostgres()))("tools that carry rows", () => {
  let postgres: TestPostgres;
  let home: string;

  beforeAll(async () => {
    postgres = await createTestPostgres();
  });
  beforeEach(async () => {
    home = temporaryFolder();
    await postgres.script(`DROP SCHEMA public CASCADE; CREATE SCHEMA public;
      CREATE TABLE guest (id int PRIMARY KEY, name text NOT NULL, secret text);
      INSERT INTO guest SELECT n, 'guest ' || n, 's' FROM generate_series(1, 3) n`);
  });
  afterAll(() => postgres.close());

  function open(settings: Record<string, string> = {}) {
    const host = createStandaloneHost({ dataDir: home, clock: systemClock, log: silentLogger });
    const url = { DATABASE_URL: postgres.url, DATABASE_MODE: "read-write" };
    const instance = server.mount(host, { ...url, ...settings });
    onTestFinished(() => instance.close());
    return async (name: string, args: JsonObject, onProgress?: (progress: unknown) => void) => {
      const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;
      const { signal } = new AbortController();
      const context = {
        ...{ principal: LOCAL_PRINCIPAL, signal, client },
        ...(onProgress ? { onProgress } : {}),
      };
      return (await instance.request(
        "tools/call",
        { name, arguments: args },
        context,
      )) as unknown as Result;
    };
  }

  test("a table goes to a file and from there into another", async () => {
    const call = open();
    const told: unknown[] = [];
    const exported = await call("export_rows", { table: "guest", file: "2026/guests.csv" }, (it) =>
      told.push(it),
    );
    const file = join(home, "exports", "2026", "guests.csv");
    expect(exported.structuredContent).toMatchObject({ rows: 3, file, format: "csv" });
    expect(readFileSync(file, "utf8")).toBe(
      "id,name,secret\n1,guest 1,s\n2,guest 2,s\n3,guest 3,s\n",
    );
    expect(told).not.toEqual([]);
    await postgres.script("CREATE TABLE copy (LIKE guest)");
    const imported = await call("import_rows", { table: "copy", file: "2026/guests.csv" });
    expect(imported.structuredContent).toMatchObject({ rows: 3, rejected: 0, rejects: [] });
    const again = await call("export_rows", { table: "guest", file: "2026/guests.csv" });
    expect(again.content[0]?.text).toContain("choose another name");
  });

  test("few rows come as text that is marked as data, many are sent to a file", async () => {
    const call = open({ DATABASE_MAX_BYTES: "1000" });
    const few = await call("export_rows", {
      sql: "SELECT id FROM guest WHERE id < $1",
      params: [2],
      format: "ndjson",
    });
    expect(few.structuredContent).toMatchObject({ rows: 1, text: '{"id":1}\n' });
    expect(few.content[0]?.text).toMatch(/^Content of the database: data/);
    const many = await call("export_rows", { sql: "SELECT n FROM generate_series(1, 10000) n" });
    expect(many.content[0]?.text).toContain("give file");
  });

  test("only what may be read leaves, and only reads do", async () => {
    const call = open({ DATABASE_DENY_COLUMNS: "guest.secret", DATABASE_MODE: "admin" });
    const table = await call("export_rows", { table: "guest" });
    expect(table.structuredContent.text).toContain("id,name\n1,guest 1\n");
    for (const args of [
      { sql: "SELECT secret FROM guest" },
      { table: "guest", columns: ["secret"] },
      { sql: "DELETE FROM guest RETURNING id" },
      { sql: "SELECT 1; SELECT 2" },
    ])
      expect(await call("export_rows", args)).toMatchObject({ isError: true });
    const imported = await call("import_rows", {
      table: "guest",
      text: "id,name,secret\n9,x,y\n",
      format: "csv",
    });
    expect(imported.content[0]?.text).toContain("secret");
  });

  test("no name leads out of the folder", async () => {
    const call = open();
    writeFileSync(join(home, "outside.csv"), "id,name\n7,x\n");
    mkdirSync(join(home, "exports"));
    symlinkSync(join(home, "outside.csv"), join(home, "exports", "link.csv"));
    for (const file of ["../outside.csv", "link.csv", "/etc/passwd"]) {
      expect(await call("import_rows", { table: "guest", file, format: "csv" })).toMatchObject({
        isError: true,
      });
      if (file !== "link.csv")
        expect(await call("export_rows", { table: "guest", file, format: "csv" })).toMatchObject({
          isError: true,
        });
    }
    expect(readdirSync(home).toSorted()).toEqual(["exports", "outside.csv"]);
  });

  test("wrong rows are set aside with line and reason, beside the file", async () => {
    const call = open();
    mkdirSync(join(home, "exports"));
    writeFileSync(join(home, "exports", "new.csv"), "id,name\n4,Ana\nfive,Rui\n6,\n");
    const stopped = await call("import_rows", { table: "guest", file: "new.csv" });
    expect(stopped.content[0]?.text).toMatch(/Line 3: .*"five".*Nothing was imported.*onError/);
    const { structuredContent: result } = await call("import_rows", {
      ...{ table: "guest", file: "new.csv", onError: "reject" },
    });
    expect(result).toMatchObject({ rows: 1, rejected: 2, rejects: [{ line: 3 }, { line: 4 }] });
    const rejects = readFileSync(String(result.rejectFile), "utf8").trim().split("\n");
    expect(JSON.parse(rejects[0] ?? "")).toMatchObject({
      line: 3,
      row: { id: "five", name: "Rui" },
    });
  });

  test("a read-only database names the setting, an unknown table the nearest", async () => {
    const readOnly = await open({ DATABASE_MODE: "read-only" })("import_rows", {
      ...{ table: "guest", text: "id,name\n9,x\n", format: "csv" },
    });
    expect(readOnly.content[0]?.text).toContain("DATABASE_MODE=read-write");
    const unknown = await open()("export_rows", { table: "gest" });
    expect(unknown.content[0]?.text).toContain('Did you mean "guest"');
  });
});
