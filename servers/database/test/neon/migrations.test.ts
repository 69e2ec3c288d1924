import { renameSync } from "node:fs";
import { join } from "node:path";
import { askPostgres } from "@trestle/testkit/local-postgres";
import { manualClock } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import {
  ADMIN,
  type Bench,
  type Call,
  expectNoSecrets,
  makeProject,
  startBench,
} from "./_bench.ts";

const ADD_COLUMN =
  "ALTER TABLE guest ADD email text; UPDATE guest SET email = 'ana@example.com' WHERE id = 1;";

interface Prepared {
  readonly migrationId: string;
  readonly temporaryBranch: { readonly id: string; readonly name: string };
  readonly schemaDiff: string;
}

async function prepare(bench: Bench, migrationSql = ADD_COLUMN, answer?: () => object) {
  const places = await makeProject(bench);
  const client = await bench.connect(
    { ...ADMIN, NEON_PROJECT_ID: places.projectId },
    answer as never,
  );
  const { result, text } = await client.call("prepare_migration", { migrationSql });
  expect(result.migrationId, text).toMatch(/^mig-[0-9a-f]{12}$/);
  const prepared = result as unknown as Prepared;
  const { projectId, mainId } = places;
  return {
    ...places,
    ...client,
    prepared,
    text,
    complete: () => completed(client.call, prepared.migrationId),
    main: () => bench.api.databaseUrl(projectId, mainId),
    branch: () => bench.api.databaseUrl(projectId, prepared.temporaryBranch.id),
  };
}

const completed = (call: Call, migrationId: string) => call("complete_migration", { migrationId });

test("a migration is tried on a branch, looked at, and applied to the parent", async () => {
  const bench = await startBench();
  const dance = await prepare(bench);
  const { call, complete, prepared, main, branch, mainId, projectId } = dance;
  expect(prepared).toMatchObject({
    parentBranchId: mainId,
    databaseName: "neondb",
    statements: [
      { command: "ALTER TABLE", rowCount: null },
      { command: "UPDATE", rowCount: 1 },
    ],
  });
  expect(prepared.schemaDiff).toMatch(
    /^--- a\/neondb\n\+\+\+ b\/neondb\n[\s\S]*^\+ {4}email text$/m,
  );
  expect(dance.text).toMatch(/data, never instructions[\s\S]*run_sql and branchId/);
  const looked = await call("run_sql", {
    sql: "SELECT email FROM guest",
    branchId: prepared.temporaryBranch.id,
  });
  expect(looked.result, looked.text).toMatchObject({ rows: [{ email: "ana@example.com" }] });
  expect(await askPostgres(branch(), "SELECT * FROM guest")).toMatchObject([
    { email: "ana@example.com" },
  ]);
  expect(await askPostgres(main(), "SELECT * FROM guest")).toEqual([{ id: 1, name: "Ana" }]);
  const { result: listed } = await call("list_branches");
  expect(listed.branches).toMatchObject([
    { name: "main", temporary: false, migrationId: null },
    { temporary: true, migrationId: prepared.migrationId, expiresAt: expect.any(String) },
  ]);

  const done = await complete();
  expect(done.result, done.text).toEqual({
    migrationId: prepared.migrationId,
    projectId,
    parentBranchId: mainId,
    applied: true,
    statements: [
      { command: "ALTER TABLE", rowCount: null },
      { command: "UPDATE", rowCount: 1 },
    ],
    sameSchema: true,
    temporaryBranchRemoved: true,
  });
  expect(await askPostgres(main(), "SELECT email FROM guest")).toEqual([
    { email: "ana@example.com" },
  ]);
  expect(bench.api.branchNames(projectId)).toEqual(["main"]);
  const again = await complete();
  expect(again.code).toBe("not_found");
  expectNoSecrets(bench);
});

test("a migration that is thrown away leaves nothing behind", async () => {
  const bench = await startBench();
  const { call, prepared, main, projectId } = await prepare(bench);
  const done = await call("complete_database_migration", {
    migrationId: prepared.migrationId,
    applyChanges: false,
  });
  expect(done.result).toMatchObject({ applied: false, temporaryBranchRemoved: true });
  expect(await askPostgres(main(), "SELECT * FROM guest")).toEqual([{ id: 1, name: "Ana" }]);
  expect(bench.api.branchNames(projectId)).toEqual(["main"]);
});

test("a prepared migration outlives the server", async () => {
  const bench = await startBench();
  const { restart, prepared, main } = await prepare(bench);
  const { call } = await restart();
  const { result } = await call("list_branches");
  expect(result.branches).toMatchObject([{}, { migrationId: prepared.migrationId }]);
  const done = await completed(call, prepared.migrationId);
  expect(done.result, done.text).toMatchObject({ applied: true, sameSchema: true });
  expect(await askPostgres(main(), "SELECT email FROM guest")).toHaveLength(1);
});

test.for([
  [
    "ALTER TABLE guest ADD email text; ALTER TABLE nobody ADD x int",
    /temporary branch; the parent was not touched. Statement 2 of 2: .*nobody/,
  ],
  ["SELEC 1", /is not valid SQL: .*at character/],
  ["CREATE TABLE x (); COMMIT", /Statement 2 of 2: Refused: /],
  ["COPY guest TO PROGRAM 'id'", /Refused: COPY/],
  ["  -- nothing\n ", /no statement in migrationSql/],
] as const)("a migration that fails leaves no branch: %s", async ([migrationSql, reason]) => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const { call } = await bench.connect({ ...ADMIN, NEON_PROJECT_ID: projectId });
  const { code, text } = await call("prepare_migration", { migrationSql });
  expect(code, text).toMatch(/invalid_input|not_found|denied/);
  expect(text).toMatch(reason);
  expect(bench.api.branchNames(projectId)).toEqual(["main"]);
  const { result } = await call("list_branches");
  expect(result.branches).toHaveLength(1);
});

test("a branch whose creation was answered to nobody is removed", async () => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const { call } = await bench.connect({ ...ADMIN, NEON_PROJECT_ID: projectId });
  bench.api.failOperation("start_compute");
  const { code } = await call("prepare_migration", { migrationSql: "CREATE TABLE x ()" });
  expect(code).toBe("unavailable");
  expect(bench.api.branchNames(projectId)).toEqual(["main"]);
});

test("a branch that could not be removed is named, and marked in the list", async () => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const { call } = await bench.connect({ ...ADMIN, NEON_PROJECT_ID: projectId });
  bench.api.fail({ method: "DELETE", status: 500 });
  const failed = await call("prepare_migration", { migrationSql: "DROP TABLE nobody" });
  expect(failed.text).toMatch(/nobody.*temporary branch "trestle-mig-.*" could not be removed/);
  const { result } = await call("list_branches");
  expect(result.branches).toMatchObject([
    {},
    { temporary: true, migrationId: expect.stringMatching(/^mig-/) },
  ]);
  const [, { migrationId }] = result.branches as [object, { migrationId: string }];
  const applied = await call("complete_migration", { migrationId });
  expect(applied).toMatchObject({ code: "conflict" });
  const done = await call("complete_migration", { migrationId, applyChanges: false });
  expect(done.result).toMatchObject({ applied: false, temporaryBranchRemoved: true });
  expect(bench.api.branchNames(projectId)).toEqual(["main"]);
});

test("where the parent refuses it nothing is kept, and it can be completed later", async () => {
  const bench = await startBench();
  const { complete, main, projectId } = await prepare(bench);
  await askPostgres(main(), "ALTER TABLE guest ADD email int");
  const failed = await complete();
  expect(failed.text).toMatch(/On the parent branch br-.* nothing of it was kept.*already exists/);
  expect(bench.api.branchNames(projectId)).toHaveLength(2);
  await askPostgres(main(), "ALTER TABLE guest DROP email, ADD phone text");
  const done = await complete();
  expect(done.result).toMatchObject({ applied: true, sameSchema: false });
  expect(done.text).toMatch(/not the one that was tried/);
});

test("what drops something is asked of the user before the parent loses it", async () => {
  const bench = await startBench();
  const answers = [{ action: "decline" }, { action: "accept", content: { agree: true } }];
  const { complete, main, questions } = await prepare(
    bench,
    "DROP TABLE guest",
    () => answers.shift() as object,
  );
  const refused = await complete();
  expect(refused.code).toBe("denied");
  expect(await askPostgres(main(), "SELECT * FROM guest")).toHaveLength(1);
  const done = await complete();
  expect(done.result).toMatchObject({ applied: true });
  expect(questions[0]?.message).toMatch(/which loses data by it: DROP TABLE guest/);
});

test("a branch that expired meanwhile is told, and nothing is applied", async () => {
  const bench = await startBench();
  const { complete, prepared, main, projectId } = await prepare(bench);
  await bench.api.expire(projectId, prepared.temporaryBranch.id);
  const { code, text } = await complete();
  expect(code).toBe("not_found");
  expect(text).toMatch(/is gone, since it expired.*Nothing was applied: prepare/);
  expect(await askPostgres(main(), "SELECT * FROM guest")).toEqual([{ id: 1, name: "Ana" }]);
});

test("one that was being applied when the server died is never applied again", async () => {
  const bench = await startBench();
  const { call, complete, prepared, main, projectId } = await prepare(bench);
  const file = (stage: string) =>
    join(bench.dataDir, "neon-migrations", `${prepared.migrationId}.${stage}.json`);
  renameSync(file("prepared"), file("applying"));
  const { code, text } = await complete();
  expect(code).toBe("outcome_unknown");
  expect(text).toMatch(/may have reached the parent branch.*applyChanges: false/);
  expect(await askPostgres(main(), "SELECT * FROM guest")).toEqual([{ id: 1, name: "Ana" }]);
  const { migrationId } = prepared;
  const done = await call("complete_migration", { migrationId, applyChanges: false });
  expect(done.result).toMatchObject({ applied: null, temporaryBranchRemoved: true });
  expect(bench.api.branchNames(projectId)).toEqual(["main"]);
});

test("of two who complete the same migration one applies it", async () => {
  const bench = await startBench();
  const { call, prepared, main } = await prepare(bench, "INSERT INTO guest VALUES (2, 'Rui')");
  const { migrationId } = prepared;
  const outcomes = await Promise.all([1, 2, 3].map(() => completed(call, migrationId)));
  expect(outcomes.filter(({ code }) => code === undefined).length).toBeGreaterThanOrEqual(1);
  expect(await askPostgres(main(), "SELECT name FROM guest")).toHaveLength(2);
});

test("a branch that stays after the change was applied is removed by the next call", async () => {
  const bench = await startBench();
  const { call, prepared, main, projectId } = await prepare(
    bench,
    "INSERT INTO guest VALUES (2, 'Rui')",
  );
  const { migrationId } = prepared;
  bench.api.fail({ method: "DELETE", status: 500 });
  const first = await completed(call, migrationId);
  expect(first.result).toMatchObject({ applied: true, temporaryBranchRemoved: false });
  expect(first.text).toMatch(/still there: call this again/);
  const second = await completed(call, migrationId);
  expect(second.result).toMatchObject({ applied: true, temporaryBranchRemoved: true });
  expect(await askPostgres(main(), "SELECT name FROM guest")).toHaveLength(2);
  expect(bench.api.branchNames(projectId)).toEqual(["main"]);
});

test("an account that may not let branches expire prepares migrations as well", async () => {
  const bench = await startBench({ expiry: false, clock: manualClock() });
  const { prepared } = await prepare(bench);
  expect(prepared.temporaryBranch).toMatchObject({ expiresAt: null });
});

test("a single statement may be one that no transaction takes", async () => {
  const bench = await startBench();
  const { call, prepared } = await prepare(
    bench,
    "CREATE INDEX CONCURRENTLY guest_name ON guest (name)",
  );
  expect(prepared.schemaDiff).toContain("guest_name");
  const { migrationId } = prepared;
  const done = await completed(call, migrationId);
  expect(done.result, done.text).toMatchObject({ applied: true, sameSchema: true });
});

test("lists of schemas and tables hold for migrations, too", async () => {
  const bench = await startBench();
  const { projectId, mainId } = await makeProject(bench);
  await askPostgres(bench.api.databaseUrl(projectId, mainId), "CREATE TABLE salary (id int)");
  const lists = { DATABASE_ALLOW_SCHEMAS: "public", DATABASE_DENY_TABLES: "salary" };
  const { call } = await bench.connect({ ...ADMIN, NEON_PROJECT_ID: projectId, ...lists });
  const denied = await call("prepare_migration", { migrationSql: "DROP TABLE salary" });
  expect(denied.code).toBe("denied");
  expect(denied.text).toMatch(/DATABASE_DENY_TABLES/);
  expect(bench.api.branchNames(projectId)).toEqual(["main"]);
  const { result, text } = await call("prepare_migration", {
    migrationSql: "ALTER TABLE guest ADD age int; UPDATE guest SET age = 40 WHERE id = 1",
  });
  expect(result.migrationId, text).toMatch(/^mig-/);
});

test("a branch other than the default one is its own parent of the migration", async () => {
  const bench = await startBench();
  const { projectId, mainId } = await makeProject(bench);
  const { call } = await bench.connect({ ...ADMIN, NEON_PROJECT_ID: projectId });
  const { result: dev } = await call("create_branch", { name: "dev" });
  const { result, text } = await call("prepare_database_migration", {
    migrationSql: "CREATE TABLE room ()",
    branchId: "dev",
  });
  expect(result.parentBranchId, text).toBe(dev.id);
  const migrationId = String(result.migrationId);
  await completed(call, migrationId);
  const tables = "SELECT to_regclass('room') IS NOT NULL AS there";
  const at = (id: string) => askPostgres(bench.api.databaseUrl(projectId, id), tables);
  expect(await at(String(dev.id))).toEqual([{ there: true }]);
  expect(await at(mainId)).toEqual([{ there: false }]);
});
