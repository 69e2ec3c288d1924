import { askPostgres } from "@trestle/testkit/local-postgres";
import { expect, test } from "vitest";
import { ADMIN, makeProject, openState, startBench } from "./_bench.ts";

const NAMES = "SELECT name FROM guest ORDER BY name";

test("a call that names a branch reaches that branch's database, and no other", async () => {
  const bench = await startBench();
  const { projectId, mainId } = await makeProject(bench);
  const { call } = await bench.connect(ADMIN);
  const { result: dev } = await call("create_branch", { projectId, name: "dev" });
  await askPostgres(
    bench.api.databaseUrl(projectId, String(dev.id)),
    "INSERT INTO guest VALUES (2, 'Rui')",
  );
  const state = openState(bench, { neonProjectId: projectId });
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
  const state = openState(bench, { neonProjectId: projectId });
  const main = await state.databaseFor({ branchId: "main" });
  await expect(main.execute("DELETE FROM guest")).rejects.toMatchObject({ code: "denied" });
  await expect(state.databaseFor({ projectId: other.projectId })).rejects.toMatchObject({
    code: "denied",
  });
});
