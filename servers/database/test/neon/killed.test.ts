import process from "node:process";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { startRawSession } from "@trestle/testkit";
import { askPostgres } from "@trestle/testkit/local-postgres";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { ADMIN, type Bench, makeProject, startBench } from "./_bench.ts";

const bin = fileURLToPath(new URL("../../src/bin.ts", import.meta.url));

/** The program as hosts start it; each of them on the same home. */
function startProgram({ api }: Bench, projectId: string) {
  const home = temporaryFolder();
  return async () => {
    const env = {
      ...nodeEnvironment(),
      ...ADMIN,
      TRESTLE_HOME: home,
      NEON_API_KEY: api.apiKey,
      NEON_API_URL: api.url,
      NEON_PROJECT_ID: projectId,
    };
    const session = startRawSession({ command: process.execPath, args: [bin], env, cwd: home });
    onTestFinished(() => session.kill());
    await session.initialize();
    return session;
  };
}

/** Whoever needs the table waits until it is let go. */
async function holdTable(url: string) {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("BEGIN; LOCK TABLE guest");
  return {
    async somebodyWaits() {
      const waiting = "SELECT 1 FROM pg_locks WHERE relation = 'guest'::regclass AND NOT granted";
      while ((await client.query(waiting)).rows.length === 0);
    },
    letGo: () => client.query("COMMIT"),
  };
}

test("a server that is killed while it applies a migration leaves neither half of it nor a doubt unsaid", async () => {
  const bench = await startBench();
  const { projectId, mainId } = await makeProject(bench);
  const main = bench.api.databaseUrl(projectId, mainId);
  const start = startProgram(bench, projectId);

  const first = await start();
  const migrationSql = "CREATE TABLE room (); ALTER TABLE guest ADD email text";
  const prepared = await first.call("prepare_migration", { migrationSql });
  const { migrationId = "" } = (prepared.structuredContent ?? {}) as { migrationId?: string };
  expect(migrationId, JSON.stringify(prepared)).toMatch(/^mig-/);
  const table = await holdTable(main);
  first.call("complete_migration", { migrationId }).catch(() => {});
  await table.somebodyWaits();
  await first.kill();
  await table.letGo();

  const second = await start();
  const again = await second.call("complete_migration", { migrationId });
  expect(textOf(again)).toMatch(/may have reached the parent branch/);
  expect(await askPostgres(main, "SELECT to_regclass('room') AS room, * FROM guest")).toEqual([
    { room: null, id: 1, name: "Ana" },
  ]);
  const listed = await second.call("list_branches", {});
  expect(listed.structuredContent).toMatchObject({ branches: [{}, { migrationId }] });
  const done = await second.call("complete_migration", { migrationId, applyChanges: false });
  expect(done.structuredContent).toMatchObject({ applied: null, temporaryBranchRemoved: true });
  expect(bench.api.branchNames(projectId)).toEqual(["main"]);
  for (const { stderr, lines } of [first, second]) {
    expect(`${stderr}${lines.join("")}`).not.toMatch(/napi_|npg_Secret/);
  }
});

const textOf = ({ content }: JsonObject) => (content as { text: string }[])[0]?.text ?? "";
