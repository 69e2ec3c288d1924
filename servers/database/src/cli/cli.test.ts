import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestPostgres, type TestPostgres } from "../builders/_postgres.ts";
import { runCli } from "./main.ts";

const bin = fileURLToPath(new URL("../bin.ts", import.meta.url));
const here = await hasLocalPostgres();
let postgres: TestPostgres;
let home: string;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

function start(...words: string[]): ChildProcess {
  return spawn(process.execPath, [bin, ...words], {
    cwd: home,
    env: { ...nodeEnvironment(), TRESTLE_HOME: home, DATABASE_URL: postgres.url },
    stdio: "pipe",
  });
}

/** In this process: the same words, streams and exit code, without the start of a program. */
async function run(words: readonly string[], input = ""): Promise<Ended> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const env = { TRESTLE_HOME: home, DATABASE_URL: postgres.url };
  const argv = [process.execPath, bin, ...words];
  stdin.end(input);
  const code = runCli(words, {
    ...{ argv, env, stdin, stdout, stderr, cwd: () => home },
    ...{ on: () => {}, off: () => {} },
  });
  const ended = Promise.resolve(code).finally(() => [stdout, stderr].map((stream) => stream.end()));
  const [out, error] = await Promise.all([text(stdout), text(stderr), ended]);
  return { code: (await ended) ?? null, out, error };
}

beforeAll(async () => {
  if (here) postgres = await createTestPostgres();
});

beforeEach(async () => {
  home = temporaryFolder();
  await postgres?.script(`DROP SCHEMA public CASCADE; CREATE SCHEMA public;
    CREATE TABLE guest (id int PRIMARY KEY, name text NOT NULL);
    INSERT INTO guest VALUES (1, 'Ana'), (2, 'Rui')`);
});

afterAll(() => postgres?.close());

describe.runIf(here)("trestle-database", () => {
  test("--help shows the server's settings and the commands, and so does the word", async () => {
    const [flag, word] = await Promise.all([run(["--help"]), run(["help"])]);
    expect(flag).toEqual(word);
    expect(flag.code).toBe(0);
    for (const words of ["--database-url", "speaks MCP on stdio", "  sql ", "  doctor "])
      expect(flag.out).toContain(words);
  });

  test("without a command it is the MCP server", async () => {
    const ping = {
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: {
        protocolVersion: "2025-06-18",
        capabilities: {},
        clientInfo: { name: "t", version: "1" },
      },
    };
    const child = start("--database-mode", "read-write");
    child.stdin?.end(`${JSON.stringify(ping)}\n`);
    const [out, [code]] = await Promise.all([text(child.stdout as never), once(child, "exit")]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id: 1, result: { serverInfo: { name: "database" } } });
  });

  test("sql prints rows aligned, as JSON, from stdin, and nothing that acts on the terminal", async () => {
    const plain = await run([
      "sql",
      "SELECT id, name, NULL AS none FROM guest WHERE id <> $1",
      "--param",
      "2",
    ]);
    expect(plain).toMatchObject({
      code: 0,
      out: "id  name  none\n 1  Ana   NULL\n",
      error: "1 row.\n",
    });
    const json = await run(["sql", "--json"], "SELECT id FROM guest ORDER BY id");
    expect(JSON.parse(json.out).rows).toEqual([{ id: 1 }, { id: 2 }]);
    const evil = await run(["sql", "SELECT chr(27) || ']0;owned' || chr(7) AS evil"]);
    expect(evil.out).toContain("\\u{1b}]0;owned\\u{7}");
  });

  test("the rules hold here too, and the exit code says what kind of no it was", async () => {
    expect(await run(["sql", "DELETE FROM guest"])).toMatchObject({ code: 77, out: "" });
    const refused = await run(["sql", "DELETE FROM guest", "--database-mode", "read-write"]);
    expect(refused).toMatchObject({ code: 77, error: expect.stringContaining("--yes") });
    const guarded = ["--database-mode", "read-write", "--database-deny-columns", "guest.secret"];
    expect(await run(["sql", "DELETE FROM guest", ...guarded])).toMatchObject({ code: 77 });
    const done = await run(["sql", "DELETE FROM guest", "--database-mode=read-write", "--yes"]);
    expect(done).toMatchObject({ code: 0, error: "DELETE: 2 rows.\n" });
    expect((await run(["sql", "SELEC 1"])).code).toBe(2);
    expect((await run(["tabels"])).error).toContain("Did you mean tables?");
    expect((await run(["tables", "--database-mode", "x"])).code).toBe(78);
    const away = await run(["tables", "--database-url", "postgres://u:s3cret@127.0.0.1:1/x"]);
    expect(away.code).toBe(69);
    expect(away.error).not.toContain("s3cret");
  });

  test("tables and doctor look", async () => {
    expect((await run(["tables"])).out).toMatch(/^schema +name +kind[^\n]*\npublic +guest +table/);
    const doctor = await run(["doctor", "--database-deny-tables", "gest"]);
    expect(doctor.code).toBe(0);
    expect(doctor.out).toMatch(/ok +connection +PostgreSQL/);
    expect(doctor.out).toContain('DATABASE_DENY_TABLES, "gest"');
    expect(doctor.out).toContain("CREATE ROLE");
    const failing = await run([
      "doctor",
      "--json",
      "--database-url",
      "postgres://u:s3cret@127.0.0.1:1/x",
    ]);
    expect(failing.code).toBe(1);
    expect(JSON.parse(failing.out).status).toBe("fail");
    expect(failing.out).not.toContain("s3cret");
    const child = start("tables");
    const [out, [code]] = await Promise.all([text(child.stdout as never), once(child, "exit")]);
    expect({ out, code }).toMatchObject({ code: 0, out: expect.stringContaining("guest") });
  });

  test("rows go out to a file or a pipe, and come in again", async () => {
    const piped = await run(["export", "--table", "guest", "--format", "ndjson"]);
    expect(piped).toMatchObject({
      code: 0,
      out: '{"id":1,"name":"Ana"}\n{"id":2,"name":"Rui"}\n',
      error: "",
    });
    expect(await run(["export", "--table", "guest", "--out", "g.csv"])).toMatchObject({ code: 0 });
    expect((await run(["export", "--table", "guest", "--out", "g.csv"])).error).toContain(
      "already",
    );
    expect(readFileSync(join(home, "g.csv"), "utf8")).toBe("id,name\n1,Ana\n2,Rui\n");
    await postgres.script("TRUNCATE guest");
    const write = ["--database-mode", "read-write"];
    const back = await run(["import", "g.csv", "--table", "guest", ...write]);
    expect(back).toMatchObject({ code: 0, out: "2 rows are in guest.\n" });
    const wrong = ["import", "-", "--table", "guest", "--format", "csv", ...write];
    expect(await run(wrong, "id,name\n3,Eva\nx,y\n")).toMatchObject({
      code: 2,
      error: expect.stringContaining("Line 3"),
    });
    const aside = await run(
      [...wrong, "--rejects", "wrong.ndjson", "--json"],
      "id,name\n3,Eva\nx,y\n",
    );
    expect(aside.code).toBe(1);
    expect(JSON.parse(aside.out)).toMatchObject({ rows: 1, rejected: 1 });
    expect(readdirSync(home).toSorted()).toEqual(["g.csv", "wrong.ndjson"]);
  });

  test("who reads only the start of an export is no failure to them, and nothing hangs", async () => {
    const child = start(
      "export",
      "--sql",
      "SELECT n, repeat('x', 500) FROM generate_series(1, 2000000) n",
    );
    await once(child.stdout as never, "data");
    child.stdout?.destroy();
    await once(child, "exit");
  });

  test("migrations are written, run, listed and taken back", async () => {
    const admin = ["--database-mode", "admin", "--yes"];
    const up = ["--up", "CREATE TABLE room (id int)", "--down", "DROP TABLE room"];
    const created = await run(["migrate", "create", "add", "rooms", ...up]);
    expect(created.out).toMatch(/migrations\/\d{17}_add_rooms\.sql\n$/);
    expect((await run(["migrate", "up"])).code).toBe(77);
    const shown = await run(["migrate", "up", "--dry-run", "--database-mode", "admin"]);
    expect(shown.out).toContain("CREATE TABLE room");
    expect((await run(["migrate", "up", ...admin])).out).toMatch(/^applied {2}\d{17}_add_rooms/);
    expect((await run(["migrate", "status"])).out).toMatch(/\napplied +\d{17}_add_rooms/);
    expect((await run(["migrate", "down", ...admin])).out).toMatch(/^taken back/);
    mkdirSync(join(home, "other"));
    writeFileSync(join(home, "other", "1_a.sql"), "CREATE TABLE a ()");
    const other = await run([
      "migrate",
      "status",
      "--json",
      "--database-migrations-dir",
      join(home, "other"),
    ]);
    expect(JSON.parse(other.out)).toMatchObject({
      migrations: [{ name: "1_a", state: "pending" }],
    });
  });
});
