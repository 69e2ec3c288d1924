import { silentLogger, systemClock } from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { config } from "../../src/config.ts";
import { createState } from "../../src/state.ts";
import { ADMIN, type Bench, makeProject, sqlAt, startBench } from "./_bench.ts";

function openState(bench: Bench, neonProjectId: string) {
  const settings = {
    url: "postgres://postgres@127.0.0.1:5432/postgres",
    neonApiKey: bench.api.apiKey,
    neonApiUrl: bench.api.url,
    neonProjectId,
  };
  const parts = { dataDir: temporaryFolder(), clock: systemClock, log: silentLogger };
  const state = createState({ config: config.parse(settings), ...parts });
  onTestFinished(state.close);
  return state;
}

const NAMES = "SELECT name FROM guest ORDER BY name";

test("a call that names a branch reaches that branch's database, and no other", async () => {
  const bench = await startBench();
  const { projectId, mainId } = await makeProject(bench);
  const { call } = await bench.connect(ADMIN);
  const { result: dev } = await call("create_branch", { projectId, name: "dev" });
  await sqlAt(
    bench.api.databaseUrl(projectId, String(dev.id)),
    "INSERT INTO guest VALUES (2, 'Rui')",
  );
  const state = openState(bench, projectId);
  const namesOn = async (target: { projectId?: string; branchId?: string }) =>
    (await (await state.databaseFor(target)).query(NAMES)).rows.map(({ name }) => name);
  expect(await namesOn({ branchId: "dev" })).toEqual(["Ana", "Rui"]);
  expect(await namesOn({ branchId: String(dev.id) })).toEqual(["Ana", "Rui"]);
  expect(await namesOn({ projectId })).toEqual(["Ana"]);
  expect(await namesOn({ projectId, branchId: mainId })).toEqual(["Ana"]);
  expect(await state.databaseFor({})).toBe(state.database);
  const asked = bench.api.requests.length;
  expect(await namesOn({ branchId: "dev" })).toEqual(["Ana", "Rui"]);
  expect(bench.api.requests).toHaveLength(asked);
});

test("the mode and the configured project hold for branches, too", async () => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const other = await makeProject(bench, "other");
  const state = openState(bench, projectId);
  const main = await state.databaseFor({ branchId: "main" });
  await expect(main.execute("DELETE FROM guest")).rejects.toMatchObject({ code: "denied" });
  await expect(state.databaseFor({ projectId: other.projectId })).rejects.toMatchObject({
    code: "denied",
  });
});
